#include "cli/newest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"

struct newest_line {
    struct utc time;
    char *text;
};

int
newest_each(struct client *c, Parallax__V1__QueryRequest q, newest_take_fn *take, void *cookie)
{
    struct buf cursor;
    int status = EXIT_DONE;
    bool more = true;

    buf_init(&cursor, LIMIT_API_BYTES);
    while (more && status == EXIT_DONE) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
        Parallax__V1__Answer *answer;

        q.cursor.data = cursor.p;
        q.cursor.len = cursor.n;
        request.query = &q;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        for (size_t i = 0; i < answer->records->n_rows; i++)
            take(cookie, answer->records->rows[i]);
        buf_clear(&cursor);
        buf_put(&cursor, answer->records->cursor.data, answer->records->cursor.len);
        more = answer->records->cursor.len > 0;
        client_answer_free(answer);
    }
    buf_release(&cursor);
    return status;
}

void
newest_add(struct newest_list *l, struct utc time, struct buf *text)
{
    l->line = mem_resize(l->line, (l->n + 1) * sizeof *l->line);
    l->line[l->n++] = (struct newest_line){time, mem_strdup(buf_cstr(text))};
}

static int
compare(const void *a, const void *b)
{
    const struct newest_line *x = a, *y = b;
    int rc = utc_compare(y->time, x->time);

    return rc != 0 ? rc : strcmp(x->text, y->text);
}

void
newest_print(struct newest_list *l)
{
    if (l->n > 0)
        qsort(l->line, l->n, sizeof *l->line, compare);
    for (size_t i = 0; i < l->n; i++) {
        fputs(l->line[i].text, stdout);
        free(l->line[i].text);
    }
    free(l->line);
    *l = (struct newest_list){NULL, 0};
}
