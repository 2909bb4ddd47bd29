#include "cli/scorecard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alert.pb-c.h"
#include "base/text.h"
#include "cli/newest.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "consultation.pb-c.h"
#include "core/object.h"
#include "receipt.pb-c.h"

static int64_t
due_ms(const struct scorecard *s, double hours)
{
    return (int64_t)(hours * 3600000.0 / s->speed);
}

int64_t
scorecard_end_ms(const struct scorecard *s)
{
    return due_ms(s, s->drill->end_h) + SCORECARD_GRACE_MS;
}

/* --- What is held ----------------------------------------------------------------------------------------------- */

/* The same event under another of its names: kind and scope, without the minute. */
static bool
is_event(const char *a, const char *b)
{
    size_t n = strcspn(a, "@");

    return n == strcspn(b, "@") && strncmp(a, b, n) == 0;
}

static bool
is_of_drill(const struct drill *d, const char *object)
{
    for (size_t i = 0; i < d->objects; i++) {
        if (strcmp(d->object[i], object) == 0)
            return true;
    }
    return false;
}

static bool
fits_alert(const struct drill *d, const struct drill_expect *e, const Parallax__V1__Alert *alert)
{
    return strcmp(alert->rule, e->word) == 0 && strcmp(alert->state, e->state) == 0 &&
           (e->level == NULL || strcmp(alert->level, e->level) == 0) &&
           (is_of_drill(d, alert->object) || is_of_drill(d, alert->second_object));
}

/* Is the record what ${e} waits for? ${what} then says what it is. */
static bool
fits(const struct drill *d, const struct drill_expect *e, const struct row *r, const char **what)
{
    const ProtobufCMessage *msg = r->msg;

    if (strcmp(r->in->origin, e->of) != 0)
        return false;
    if (e->see == DRILL_SEE_ALERT && msg->descriptor == &parallax__v1__alert__descriptor) {
        *what = ((const Parallax__V1__Alert *)msg)->headline;
        return fits_alert(d, e, (const Parallax__V1__Alert *)msg);
    }
    if (e->see == DRILL_SEE_CONSULT && msg->descriptor == &parallax__v1__consultation__descriptor) {
        const Parallax__V1__Consultation *said = (const Parallax__V1__Consultation *)msg;

        *what = said->officer[0] != 0 ? said->officer : said->issuer;
        return strcmp(said->act, e->word) == 0 && is_event(said->event, e->event);
    }
    if (e->see == DRILL_SEE_ACK && msg->descriptor == &parallax__v1__receipt__descriptor) {
        *what = ((const Parallax__V1__Receipt *)msg)->seen_by;
        return is_event(((const Parallax__V1__Receipt *)msg)->event, e->event);
    }
    return false;
}

/* The first that fits counts; where one is in time, no late one does. */
static void
take_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    struct scorecard *s = cookie;
    struct row r;

    row_open(&r, in);
    for (size_t i = 0;
         i < s->drill->expects && r.msg != NULL && r.header != NULL && r.header->created != NULL; i++) {
        const struct drill_expect *e = &s->drill->expect[i];
        struct score *score = &s->score[i];
        struct utc created = {r.header->created->mjd, r.header->created->ns};
        int64_t at_ms = utc_diff_ms(created, s->start);
        const char *what = "";

        if (at_ms < due_ms(s, e->from_h) || (score->is_there && at_ms >= score->at_ms) ||
            !fits(s->drill, e, &r, &what))
            continue;
        *score = (struct score){
            .is_there = true, .at_ms = at_ms, .is_late = at_ms > due_ms(s, e->by_h) + SCORECARD_GRACE_MS};
        memcpy(score->record, r.id, sizeof score->record);
        (void)snprintf(score->what, sizeof score->what, "%s", what);
        score->what[text_utf8_prefix(span_str(score->what))] = 0;
    }
    row_close(&r);
}

static void
count_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    (void)in;
    ++*(uint64_t *)cookie;
}

int
scorecard_read(struct scorecard *s, struct client *c)
{
    static const char *const types[] = {"alert", "consultation", "receipt"};
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    Parallax__V1__Utc since = PARALLAX__V1__UTC__INIT;
    struct utc from = utc_add_ns(s->start, -60 * 1000000000LL);
    int status = EXIT_DONE;

    memset(s->score, 0, sizeof s->score);
    s->met = 0;
    s->real = 0;
    since.mjd = from.mjd;
    since.ns = from.ns;
    q.mode = PARALLAX__V1__MODE__EXERCISE;
    q.history = true;
    q.since = &since;
    for (size_t i = 0; i < sizeof types / sizeof *types && status == EXIT_DONE; i++) {
        q.type = (char *)(uintptr_t)types[i];
        status = newest_each(c, q, take_row, s);
    }
    for (size_t i = 0; i < s->drill->objects && status == EXIT_DONE; i++) {
        Parallax__V1__QueryRequest real = PARALLAX__V1__QUERY_REQUEST__INIT;

        real.mode = PARALLAX__V1__MODE__REAL;
        real.object = (char *)(uintptr_t)s->drill->object[i];
        status = newest_each(c, real, count_row, &s->real);
    }
    for (size_t i = 0; i < s->drill->expects; i++)
        s->met += s->score[i].is_there && !s->score[i].is_late;
    return status;
}

/* --- How it is shown -------------------------------------------------------------------------------------------- */

static const char *
verdict(const struct score *score)
{
    return !score->is_there ? "MISSING" : score->is_late ? "LATE" : "met";
}

static void
put_line(const struct scorecard *s, size_t i, struct buf *out)
{
    const struct drill_expect *e = &s->drill->expect[i];
    const struct score *score = &s->score[i];

    buf_put_fmt(out, "  %-8s ", verdict(score));
    screen_text(out, e->of);
    buf_put_str(out, "  ");
    text_quote(out, span_str(e->say), LIMIT_TEXT_BYTES);
    buf_put_fmt(out, ", by hour %g", e->by_h);
    if (score->is_there) {
        buf_put_fmt(out, ": hour %.1f (", (double)score->at_ms * s->speed / 3600000.0);
        screen_age(out, score->at_ms);
        buf_put_str(out, " after the start)\n           ");
        text_quote(out, span_str(score->what), sizeof score->what);
        buf_put_fmt(out, "  %s", score->record);
    }
    buf_put_byte(out, '\n');
}

static void
put_text(const struct scorecard *s, struct buf *out)
{
    char start[UTC_TEXT_MAX];

    utc_print(s->start, 0, start);
    buf_put_str(out, "EXERCISE ");
    text_quote(out, span_str(s->drill->title), LIMIT_TEXT_BYTES);
    buf_put_fmt(out, ", started %s\n", start);
    for (size_t i = 0; i < s->drill->expects; i++)
        put_line(s, i, out);
    buf_put_fmt(out, "%zu of %zu met; ", s->met, s->drill->expects);
    if (s->real == 0)
        buf_put_str(out, "nothing of the drill's objects is in any real view\n");
    else
        buf_put_fmt(out,
                    "%" PRIu64
                    " REAL RECORDS OF THE DRILL'S OBJECTS: somebody published without --mode EXERCISE\n",
                    s->real);
}

static void
put_json(const struct scorecard *s, struct buf *out)
{
    static const char *const sees[] = {"alert", "consult", "ack"};

    object_open(out, NULL);
    object_str(out, "exercise", s->drill->id);
    object_utc(out, "start", s->start);
    object_uint(out, "met", s->met);
    object_uint(out, "expected", s->drill->expects);
    object_uint(out, "real_records", s->real);
    object_open_list(out, "scores");
    for (size_t i = 0; i < s->drill->expects; i++) {
        const struct drill_expect *e = &s->drill->expect[i];
        const struct score *score = &s->score[i];

        object_open(out, NULL);
        object_str(out, "verdict", verdict(score));
        object_str(out, "of", e->of);
        object_str(out, "what", sees[e->see]);
        object_str(out, "say", e->say);
        if (score->is_there) {
            object_int(out, "after_ms", score->at_ms);
            object_str(out, "who", score->what);
            object_str(out, "record", score->record);
        }
        object_close(out);
    }
    object_close_list(out);
    object_close(out);
    buf_put_byte(out, '\n');
}

void
scorecard_print(const struct scorecard *s, bool json)
{
    struct buf out;

    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (json)
        put_json(s, &out);
    else
        put_text(s, &out);
    screen_flush(&out);
    buf_release(&out);
}
