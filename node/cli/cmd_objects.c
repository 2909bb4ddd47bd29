/* objects: the objects of the picture, or one of them with all that is known of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/fresh.h"
#include "cli/logs.h"
#include "cli/object_show.h"
#include "cli/pick.h"
#include "cli/screen.h"
#include "core/identity.h"
#include "core/object.h"

struct objects {
    struct args args;
    Parallax__V1__Mode mode;
    bool json, behind;
    uint64_t limit, shown;
    struct screen_table table;
    struct logs logs; /* up to when what each origin says is complete */
};

/* The least of an origin's open logs; 0 = of one it is not known, or there is none. */
static int64_t
complete_ms(const struct objects *o, const char *origin)
{
    int64_t least = 0;
    bool any = false;

    for (size_t i = 0; i < o->logs.n; i++) {
        const Parallax__V1__LogStatus *log = o->logs.log[i];
        int64_t ms = log->size >= log->head_size ? log->heartbeat_ms : 0;

        if (strcmp(log->origin, origin) != 0 || log->closed)
            continue;
        least = !any || ms < least ? ms : least;
        any = true;
    }
    return least;
}

static bool
is_new(const struct objects *o, size_t i)
{
    return i == 0 || strcmp(o->logs.log[i]->origin, o->logs.log[i - 1]->origin) != 0;
}

static void
put_complete(const struct objects *o, struct buf *out)
{
    object_open(out, "complete_up_to");
    for (size_t i = 0; i < o->logs.n; i++) {
        if (is_new(o, i))
            object_ms(out, o->logs.log[i]->origin, complete_ms(o, o->logs.log[i]->origin));
    }
    object_close(out);
}

static void
print_complete(const struct objects *o)
{
    struct buf line;

    buf_init(&line, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < o->logs.n; i++) {
        if (!is_new(o, i))
            continue;
        screen_text(&line, o->logs.log[i]->origin);
        buf_put_str(&line, ": complete up to ");
        fresh_put_ms(&line, complete_ms(o, o->logs.log[i]->origin));
        printf("%s\n", buf_cstr(&line));
        buf_clear(&line);
    }
    buf_release(&line);
}

static void
put_cell(struct objects *o, const Parallax__V1__Object *object, const char *first, const char *second)
{
    struct buf text;

    buf_init(&text, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < object->n_aliases; i++) {
        const Parallax__V1__ObjectAlias *a = object->aliases[i];

        if (i == 0 || (strcmp(a->state, first) != 0 && strcmp(a->state, second) != 0 &&
                       !(identity_word_is_joined(a->state) && strcmp(first, "claimed") == 0)))
            continue;
        if (text.n > 0)
            buf_put_str(&text, ", ");
        screen_text(&text, strcmp(a->state, "named") == 0 ? a->id + strlen("name:") : a->id);
    }
    screen_table_cell(&o->table, buf_cstr(&text));
    buf_release(&text);
}

static void
show(struct objects *o, const Parallax__V1__Object *object, int64_t now_ms)
{
    struct buf out;

    o->shown++;
    buf_init(&out, LIMIT_API_BYTES);
    if (o->json) {
        object_open(&out, NULL);
        object_show_identity_json(object, &out);
        object_ms(&out, "as_of", now_ms);
        put_complete(o, &out);
        object_close(&out);
        buf_put_byte(&out, '\n');
        screen_flush(&out);
    } else {
        screen_text(&out, object->id);
        screen_table_cell(&o->table, buf_cstr(&out));
        put_cell(o, object, "claimed", "merged");
        put_cell(o, object, "named", "named");
        put_cell(o, object, "contested", "split");
    }
    buf_release(&out);
}

static int
list(struct objects *o, struct client *c)
{
    Parallax__V1__ObjectsRequest ask = PARALLAX__V1__OBJECTS_REQUEST__INIT;
    const char *from = args_get(&o->args, "cursor");
    int status = EXIT_DONE;
    struct buf cursor;

    buf_init(&cursor, LIMIT_LINE_BYTES);
    if (from != NULL)
        buf_put_str(&cursor, from);
    ask.mode = o->mode;
    for (bool more = true; more && o->shown < o->limit;) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_OBJECTS);
        uint64_t left = o->limit - o->shown;
        Parallax__V1__Answer *answer;

        ask.limit = left < LIMIT_API_PAGE_COUNT ? (uint32_t)left : 0;
        ask.cursor.data = cursor.p;
        ask.cursor.len = cursor.n;
        request.objects = &ask;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        o->behind |= answer->objects->behind;
        for (size_t i = 0; i < answer->objects->n_objects; i++)
            show(o, answer->objects->objects[i], answer->objects->time_ms);
        buf_clear(&cursor);
        buf_put(&cursor, answer->objects->cursor.data, answer->objects->cursor.len);
        more = cursor.n > 0;
        client_answer_free(answer);
    }
    if (!o->json) {
        screen_table_print(&o->table);
        print_complete(o);
    }
    if (o->behind)
        fprintf(stderr, "not complete yet: identifiers of records that came just now are being sorted in\n");
    if (o->shown >= o->limit && cursor.n > 0 && status == EXIT_DONE)
        fprintf(stderr, "more: --cursor '%s'\n", buf_cstr(&cursor));
    buf_release(&cursor);
    return status;
}

int
cmd_objects(int argc, char **argv)
{
    static const char *const titles[] = {"OBJECT", "ALSO", "NAMES", "CONTESTED"};
    struct objects o = {.shown = 0};
    char object[PICK_OBJECT_MAX];
    struct client *c;
    int status;

    if (!args_read(&o.args, "objects", 0, 1, argc, argv, &status))
        return status;
    o.json = args_has(&o.args, "json");
    if ((status = pick_mode(&o.args, &o.mode)) != EXIT_DONE)
        return status;
    if (args_uint(&o.args, "limit", 1, INT64_MAX, UINT64_MAX, &o.limit) != 0)
        return EXIT_USAGE;
    if (o.args.n > 0 && (status = pick_alias(&o.args, o.args.at[0], object)) != EXIT_DONE)
        return status;
    c = client_new(&o.args, &status);
    if (c == NULL)
        return status;
    if (o.args.n > 0) {
        status = object_show(&o.args, c, object, o.mode, o.json);
    } else {
        if (!o.json)
            screen_table_init(&o.table, 4, titles);
        status = logs_ask(c, &o.logs);
        if (status == EXIT_DONE)
            status = list(&o, c);
        logs_release(&o.logs);
    }
    client_free(c);
    return status;
}
