/* parallax-plugin-pull TABLE: feeds of other agencies, asked politely, published as far as they changed (pull.md). */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "plugins/line.h"
#include "plugins/pull/feed.h"

static int
run(struct feed *feeds, size_t n, struct line *l)
{
    for (;;) {
        int64_t now_s = (int64_t)time(NULL), due_s = now_s + 60;
        for (size_t i = 0; i < n; i++) {
            if (feed_due_s(&feeds[i]) <= now_s && feed_step(&feeds[i], l, now_s) != 0)
                return l->ended ? 0 : 1;
            if (feed_due_s(&feeds[i]) < due_s)
                due_s = feed_due_s(&feeds[i]);
        }
        now_s = (int64_t)time(NULL);
        if (line_wait(l, due_s > now_s ? (int)(due_s - now_s) * 1000 : 0) == LINE_END)
            return 0;
    }
}

int
main(int argc, char **argv)
{
    struct source_table *t = mem_new(sizeof *t);
    struct feed *feeds = mem_new(SOURCE_COUNT_MAX * sizeof *feeds);
    struct line l;
    struct why why;
    struct buf said;
    size_t n = 0;
    int rc = 1;

    line_init(&l, 0);
    source_init(t);
    why_clear(&why);
    buf_init(&said, 1024);
    if (argc != 2) {
        line_say("usage: parallax-plugin-pull TABLE");
        rc = 2;
    } else if (source_load(t, argv[1], &why) != 0) {
        why_print(&why, argv[1], &said);
        line_say("%s", buf_cstr(&said));
    } else if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        for (size_t i = 0; i < t->n; i++) {
            if (t->source[i].enabled)
                feed_init(&feeds[n++], &t->source[i], (int64_t)time(NULL));
        }
        rc = run(feeds, n, &l);
        curl_global_cleanup();
    }
    buf_release(&said);
    source_release(t);
    line_release(&l);
    free(feeds);
    free(t);
    return rc;
}
