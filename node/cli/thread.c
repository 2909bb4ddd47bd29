#include "cli/thread.h"

#include "base/limit.h"

int
thread_each(struct client *c, const char *id, Parallax__V1__Mode mode, thread_event_fn *event,
            thread_take_fn *take, void *cookie)
{
    Parallax__V1__EventRequest q = PARALLAX__V1__EVENT_REQUEST__INIT;
    struct buf cursor;
    int status = EXIT_DONE;
    bool more = true, is_first = true;

    buf_init(&cursor, LIMIT_API_BYTES);
    q.id = (char *)(uintptr_t)id;
    q.mode = mode;
    q.limit = take == NULL ? 1 : 0;
    while (more && status == EXIT_DONE) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_EVENT);
        Parallax__V1__Answer *answer;

        q.cursor = (ProtobufCBinaryData){cursor.n, cursor.p};
        request.event = &q;
        answer = client_ask(c, &request, &status);
        if (answer == NULL)
            break;
        if (is_first && event != NULL)
            event(cookie, answer->event->event, answer->event->time_ms);
        is_first = false;
        for (size_t i = 0; i < answer->event->n_rows && take != NULL; i++) {
            struct row r;

            row_open(&r, answer->event->rows[i]);
            take(cookie, &r);
            row_close(&r);
        }
        buf_clear(&cursor);
        buf_put(&cursor, answer->event->cursor.data, answer->event->cursor.len);
        more = take != NULL && cursor.n > 0;
        client_answer_free(answer);
    }
    buf_release(&cursor);
    return status;
}
