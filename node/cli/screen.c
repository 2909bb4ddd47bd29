#include "cli/screen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/utc.h"
#include "core/record.h"

#define CELLS_BYTES_MAX ((size_t)LIMIT_INPUT_BYTES)

bool
screen_is_terminal(FILE *f)
{
    return isatty(fileno(f)) == 1;
}

const char *
screen_tone(FILE *f, enum screen_tone tone)
{
    static const char *const codes[] = {"\033[0m", "\033[32m", "\033[33m", "\033[31m", "\033[2m"};
    const char *none = getenv("NO_COLOR");
    if ((none != NULL && none[0] != '\0') || !screen_is_terminal(f))
        return "";
    return codes[tone];
}

void
screen_text(struct buf *out, const char *s)
{
    if (text_is_printable(span_str(s)))
        buf_put_str(out, s);
    else
        text_quote(out, span_str(s), 512);
}

void
screen_mode(struct buf *out, int mode)
{
    if (mode != PARALLAX__V1__MODE__REAL)
        buf_put_fmt(out, "[%s] ", record_mode_name(mode));
}

void
screen_age(struct buf *out, int64_t ms)
{
    int64_t s = ms < 0 ? 0 : ms / 1000;
    if (s < 120)
        buf_put_fmt(out, "%" PRId64 " s", s);
    else if (s < 7200)
        buf_put_fmt(out, "%" PRId64 " min", s / 60);
    else if (s < 172800)
        buf_put_fmt(out, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
    else
        buf_put_fmt(out, "%" PRId64 " days", s / 86400);
}

void
screen_time(struct buf *out, int64_t ms)
{
    char text[UTC_TEXT_MAX];
    if (ms == 0) {
        buf_put_str(out, "never");
        return;
    }
    utc_print(utc_from_ms(ms), 0, text);
    buf_put_str(out, text);
}

void
screen_flush(struct buf *b)
{
    if (b->n > 0)
        fwrite(b->p, 1, b->n, stdout);
    buf_clear(b);
}

void
screen_table_init(struct screen_table *t, size_t columns, const char *const *titles)
{
    assert(columns <= SCREEN_COLUMNS_MAX);
    memset(t, 0, sizeof *t);
    t->columns = columns;
    buf_init(&t->cells, CELLS_BYTES_MAX);
    for (size_t i = 0; i < columns; i++)
        screen_table_cell(t, titles[i]);
}

void
screen_table_cell(struct screen_table *t, const char *text)
{
    size_t column = t->rows % t->columns;
    size_t n = strlen(text);
    if (n > t->width[column])
        t->width[column] = n;
    buf_put(&t->cells, text, n + 1);
    t->rows++;
}

void
screen_table_print(struct screen_table *t)
{
    const char *cell = (const char *)t->cells.p;
    const char *end = cell + t->cells.n;
    for (size_t i = 0; cell < end; i++) {
        size_t column = i % t->columns;
        if (i == 0)
            fputs(screen_tone(stdout, TONE_FAINT), stdout);
        if (column + 1 < t->columns)
            printf("%-*s  ", (int)t->width[column], cell);
        else
            printf("%s%s\n", cell, i < t->columns ? screen_tone(stdout, TONE_PLAIN) : "");
        cell += strlen(cell) + 1;
    }
    if (buf_failed(&t->cells))
        puts("(there is more: too much for one table; see --json or --limit)");
    buf_release(&t->cells);
}

void
screen_progress_start(struct screen_progress *p, const char *what, uint64_t total)
{
    *p = (struct screen_progress){what, total, 0, clock_mono_ms(), 0};
}

static void
draw_bar(const struct screen_progress *p, int64_t now)
{
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    uint64_t total = p->total > 0 ? p->total : 1;
    size_t full = (size_t)(p->done * WIDTH / total);
    memset(bar, '.', WIDTH);
    memset(bar, '#', full > WIDTH ? WIDTH : full);
    bar[WIDTH] = '\0';
    int64_t ms = now - p->start_ms > 0 ? now - p->start_ms : 1;
    fprintf(stderr, "\r[%s] %" PRIu64 " of %" PRIu64 " %s, %" PRIu64 "/s ", bar, p->done, p->total, p->what,
            p->done * 1000 / (uint64_t)ms);
    fflush(stderr);
}

void
screen_progress_step(struct screen_progress *p, uint64_t n)
{
    int64_t now = clock_mono_ms();
    p->done += n;
    if (now - p->start_ms < 1000 || now - p->shown_ms < 100 || !screen_is_terminal(stderr))
        return;
    p->shown_ms = now;
    draw_bar(p, now);
}

void
screen_progress_end(struct screen_progress *p)
{
    if (p->shown_ms != 0)
        fputs("\r\033[K", stderr);
}
