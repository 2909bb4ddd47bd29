/*
 * Figures of a re-entry for alert rules: hours until its window opens and closes. Where no window is given, both are those of the nominal
 * time: an RDM gives it as a time, or as a lifetime from EPOCH_TZERO; a TIP gives it with a window in minutes to both sides.
 */
#include "types/reentry/reentry_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/designator.h"
#include "types/figure.h"

#define MINUTE_NS  60000000000.0
#define DAY_NS     86400000000000.0
#define SPAN_S_MAX 3e9 /* some 95 years: beyond, a lifetime is no prediction */

const char *const reentry_figure_names[] = {"opens_h",  "closes_h",   "window_h",
                                            "casualty", "controlled", NULL};

struct window {
    struct utc opens, closes;
    const char *opens_by, *closes_by; /* keywords */
};

/* ${t} plus ${text} units; zero when the text is no number. */
static struct utc
plus(struct utc t, const char *text, double unit_ns)
{
    double n;

    if (utc_is_zero(t) || num_double(span_str(text), &n) != 0 || n * unit_ns > SPAN_S_MAX * 1e9 ||
        n * unit_ns < -SPAN_S_MAX * 1e9)
        return (struct utc){0};
    return utc_add_ns(t, (int64_t)(n * unit_ns));
}

static void
set(struct utc *out, const char **by, struct utc t, const char *keyword)
{
    if (utc_is_zero(*out) && !utc_is_zero(t)) {
        *out = t;
        *by = keyword;
    }
}

static void
window_of_rdm(const Parallax__V1__Reentry *r, struct window *w)
{
    struct span system = span_str(r->time_system);
    struct utc zero = designator_utc(span_str(r->epoch_tzero), system);
    struct utc nominal = designator_utc(span_str(r->nominal_reentry_epoch), system);
    struct utc lifetime = plus(zero, r->orbit_lifetime, DAY_NS);

    set(&w->opens, &w->opens_by, designator_utc(span_str(r->reentry_window_start), system),
        "REENTRY_WINDOW_START");
    set(&w->opens, &w->opens_by, plus(zero, r->orbit_lifetime_window_start, DAY_NS), "LIFETIME_WINDOW_START");
    set(&w->opens, &w->opens_by, nominal, "NOMINAL_REENTRY_EPOCH");
    set(&w->opens, &w->opens_by, lifetime, "ORBIT_LIFETIME");
    set(&w->closes, &w->closes_by, designator_utc(span_str(r->reentry_window_end), system),
        "REENTRY_WINDOW_END");
    set(&w->closes, &w->closes_by, plus(zero, r->orbit_lifetime_window_end, DAY_NS), "LIFETIME_WINDOW_END");
    set(&w->closes, &w->closes_by, nominal, "NOMINAL_REENTRY_EPOCH");
    set(&w->closes, &w->closes_by, lifetime, "ORBIT_LIFETIME");
}

static void
window_of_tip(const Parallax__V1__Reentry *r, struct window *w)
{
    struct utc decay = designator_utc(span_str(r->decay_epoch), span_str("UTC"));

    set(&w->opens, &w->opens_by, plus(decay, r->window, -MINUTE_NS), "DECAY_EPOCH - WINDOW");
    set(&w->opens, &w->opens_by, decay, "DECAY_EPOCH");
    set(&w->closes, &w->closes_by, plus(decay, r->window, MINUTE_NS), "DECAY_EPOCH + WINDOW");
    set(&w->closes, &w->closes_by, decay, "DECAY_EPOCH");
}

static void
window_of(const ProtobufCMessage *msg, struct window *w)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;

    *w = (struct window){0};
    if (reentry_is_rdm(msg))
        window_of_rdm(r, w);
    else
        window_of_tip(r, w);
}

bool
reentry_window(const ProtobufCMessage *msg, struct utc *opens, struct utc *closes)
{
    struct window w;

    window_of(msg, &w);
    *opens = w.opens;
    *closes = w.closes;
    return !utc_is_zero(w.opens) && !utc_is_zero(w.closes) && utc_compare(w.opens, w.closes) <= 0;
}

/* The object, whatever is predicted of it; it is over when its window has closed. */
size_t
reentry_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    bool is_rdm = reentry_is_rdm(msg), satcat = text_equal_nocase(span_str(r->catalog_name), "SATCAT");
    char object[LIMIT_TEXT_BYTES + 8];
    struct window w;

    window_of(msg, &w);
    if (is_rdm) {
        designator_object(satcat ? r->object_designator : NULL, r->international_designator, r->object_name,
                          object, sizeof object);
    } else {
        designator_object(r->norad_cat_id, NULL, NULL, object, sizeof object);
    }
    *out = (struct type_event){
        .kind = "reentry",
        .issued = designator_utc(span_str(is_rdm ? r->creation_date : r->msg_epoch), span_str("UTC")),
        .closes = w.closes};
    event_scope(out->scope, object, NULL);
    designator_key(is_rdm ? r->originator : r->form, out->voice, sizeof out->voice);
    return 1;
}

size_t
reentry_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    struct figures f = {.out = out, .at = at};
    struct window w;
    char hours[32];

    window_of(msg, &w);
    figure_hours_to(&f, "opens_h", w.opens_by, w.opens);
    figure_hours_to(&f, "closes_h", w.closes_by, w.closes);
    if (!utc_is_zero(w.opens) && !utc_is_zero(w.closes) && utc_compare(w.opens, w.closes) < 0) {
        (void)snprintf(hours, sizeof hours, "%.3f", (double)utc_diff_ms(w.closes, w.opens) / 3600000.0);
        figure_decimal(&f, "window_h", "window", hours, 0);
    }
    if (reentry_is_rdm(msg)) {
        figure_decimal(&f, "casualty", "PROBABILITY_OF_CASUALTY", r->probability_of_casualty, 0);
        if (strcmp(r->controlled_reentry, "YES") == 0 || strcmp(r->controlled_reentry, "NO") == 0)
            figure_count(&f, "controlled", r->controlled_reentry[0] == 'Y', r->controlled_reentry);
    }
    return f.n;
}
