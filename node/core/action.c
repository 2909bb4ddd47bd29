/* Building the list of actions of one step. Runs in whatever thread owns the node. */
#include "core/node_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
actions_init(struct actions *a)
{
    memset(a, 0, sizeof(*a));
}

void
actions_clear(struct actions *a)
{
    for (size_t i = 0; i < a->owned_n; i++)
        free(a->owned[i]);
    a->owned_n = 0;
    a->n = 0;
}

void
actions_release(struct actions *a)
{
    actions_clear(a);
    free(a->owned);
    free(a->v);
    actions_init(a);
}

struct action *
action_add(struct node *n, enum action_kind kind)
{
    struct actions *a = n->out;

    if (a->n == a->cap) {
        a->cap = a->cap == 0 ? 32 : a->cap * 2;
        a->v = mem_resize(a->v, a->cap * sizeof(*a->v));
    }
    memset(&a->v[a->n], 0, sizeof(*a->v));
    a->v[a->n].kind = kind;
    return &a->v[a->n++];
}

void *
action_memory(struct node *n, size_t bytes)
{
    struct actions *a = n->out;
    void *p = mem_new(bytes == 0 ? 1 : bytes);

    if (a->owned_n == a->owned_cap) {
        a->owned_cap = a->owned_cap == 0 ? 32 : a->owned_cap * 2;
        a->owned = mem_resize(a->owned, a->owned_cap * sizeof(*a->owned));
    }
    a->owned[a->owned_n++] = p;
    return p;
}

void
action_event(struct node *n, enum log_event event, const char *fmt, ...)
{
    struct action *a = action_add(n, ACTION_EVENT);
    char *text = action_memory(n, LIMIT_LOG_LINE_BYTES);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, LIMIT_LOG_LINE_BYTES, fmt, args);
    va_end(args);
    a->event = (int)event;
    a->text = text;
}

const struct store_log *
action_row_copy(struct node *n, const struct track *t)
{
    struct store_log *row = action_memory(n, sizeof(*row));

    *row = t->row;
    return row;
}

void
action_row(struct node *n, struct track *t)
{
    action_add(n, ACTION_LOG_PUT)->row = action_row_copy(n, t);
}
