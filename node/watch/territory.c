#include "watch/territory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "astro/timescale.h"
#include "base/mem.h"
#include "base/num.h"
#include "types/figure.h"

#define LEG_DEG      90.0    /* an edge goes the shorter way round: a wide one is cut into legs */
#define EVERYWHERE   20016.0 /* km: farther than any two places are */
#define FAR_DAYS_MAX 30      /* as SGP4 is asked for by the orbits of an object */
#define MINUTE_CHARS 16

/* --- As rules.yaml names them ----------------------------------------------------------------------------------- */

/* ${node}: ${n} numbers, latitude and longitude by turns. */
static int
take_numbers(const struct yaml_node *node, double *out, size_t n, struct why *why)
{
    const struct yaml_node *each = node->first;

    if (node->kind != YAML_SEQUENCE || node->n != n)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected a list of %zu numbers", n);
    for (size_t i = 0; i < n; i++, each = each->next) {
        double most = i % 2 == 0 ? 90 : 180;

        if (each->kind != YAML_SCALAR || num_double(each->text, &out[i]) != 0 || !(fabs(out[i]) <= most))
            return yaml_fail(each, WHY_CONF_VALUE, why, "expected a %s of -%.0f to %.0f degrees",
                             i % 2 == 0 ? "latitude" : "longitude", most, most);
    }
    return 0;
}

static void
add_place(struct territory *t, double longitude_deg, double latitude_deg)
{
    t->place[t->places][0] = longitude_deg;
    t->place[t->places++][1] = latitude_deg;
}

/* [south, west, north, east]; over the antimeridian where east is below west. */
static int
take_box(const struct yaml_node *node, struct territory *t, struct why *why)
{
    double v[4], width;
    int legs;

    if (take_numbers(node, v, 4, why) != 0)
        return -1;
    width = v[3] - v[1] + (v[3] < v[1] ? 360 : 0);
    if (!(v[0] < v[2]) || !(width > 0))
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected [south, west, north, east]");
    legs = (int)ceil(width / LEG_DEG);
    for (int i = 0; i <= legs; i++)
        add_place(t, v[1] + width * i / legs - (v[1] + width * i / legs > 180 ? 360 : 0), v[0]);
    for (int i = legs; i >= 0; i--)
        add_place(t, v[1] + width * i / legs - (v[1] + width * i / legs > 180 ? 360 : 0), v[2]);
    add_place(t, t->place[0][0], t->place[0][1]);
    return 0;
}

/* [[latitude, longitude], ...], closed by itself. */
static int
take_polygon(const struct yaml_node *node, struct territory *t, struct why *why)
{
    double v[2];

    if (node->kind != YAML_SEQUENCE || node->n < 3 || node->n > LIMIT_TERRITORY_VERTEX_COUNT)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected 3 to %d places [latitude, longitude]",
                         LIMIT_TERRITORY_VERTEX_COUNT);
    for (const struct yaml_node *each = node->first; each != NULL; each = each->next) {
        if (take_numbers(each, v, 2, why) != 0)
            return -1;
        add_place(t, v[1], v[0]);
    }
    add_place(t, t->place[0][0], t->place[0][1]);
    return 0;
}

static int
take_state(const struct yaml_node *node, struct territory *t, struct why *why)
{
    if (node->kind != YAML_SCALAR || node->text.n == 0 || node->text.n >= sizeof t->state)
        return yaml_fail(node, WHY_CONF_VALUE, why,
                         "expected an ISO 3166-1 number, or a name as in the file of borders");
    memcpy(t->state, node->text.p, node->text.n + 1);
    return 0;
}

static int
take_id(const struct yaml_node *map, const struct territory_table *t, struct territory *out, struct why *why)
{
    const struct yaml_node *id = yaml_need(map, "id", YAML_SCALAR, why);

    if (id == NULL)
        return -1;
    if (id->text.n == 0 || id->text.n >= sizeof out->id ||
        strspn((const char *)id->text.p, "abcdefghijklmnopqrstuvwxyz0123456789-") != id->text.n)
        return yaml_fail(id, WHY_CONF_VALUE, why, "expected 1 to %d small letters, digits and -",
                         TERRITORY_ID_BYTES - 1);
    memcpy(out->id, id->text.p, id->text.n + 1);
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->of[i].id, out->id) == 0)
            return yaml_fail(id, WHY_FIELD_DUPLICATE, why, "a second territory %s", out->id);
    }
    return 0;
}

static int
take_one(struct territory_table *t, const struct yaml_node *map, struct why *why)
{
    static const char *const keys[] = {"id", "state", "box", "polygon"};
    static int (*const take[])(const struct yaml_node *, struct territory *,
                               struct why *) = {take_state, take_box, take_polygon};
    struct territory *out = &t->of[t->n];
    size_t found = 0;

    memset(out, 0, sizeof *out);
    out->line = map->line;
    if (yaml_check_keys(map, keys, sizeof keys / sizeof *keys, why) != 0 || take_id(map, t, out, why) != 0)
        return -1;
    for (size_t i = 0; i < sizeof take / sizeof *take; i++) {
        const struct yaml_node *node = yaml_get(map, keys[i + 1]);

        if (node == NULL)
            continue;
        found++;
        out->kind = (enum territory_kind)i;
        if (take[i](node, out, why) != 0)
            return -1;
    }
    if (found != 1)
        return yaml_fail(map, WHY_CONF_VALUE, why, "expected one of state, box and polygon");
    t->n++;
    return 0;
}

int
territory_take(struct territory_table *t, const struct yaml_node *node, struct why *why)
{
    t->n = 0;
    if (yaml_expect(node, YAML_SEQUENCE, why) != 0)
        return -1;
    if (node->n > LIMIT_TERRITORY_COUNT)
        return yaml_fail(node, WHY_TEXT_LIMIT, why, "expected at most %d territories", LIMIT_TERRITORY_COUNT);
    for (const struct yaml_node *each = node->first; each != NULL; each = each->next) {
        if (take_one(t, each, why) != 0)
            return -1;
    }
    return 0;
}

void
territory_print(const struct territory *t, struct buf *out)
{
    switch (t->kind) {
    case TERRITORY_STATE:
        buf_put_fmt(out, "state %s", t->state);
        return;
    case TERRITORY_BOX:
        buf_put_fmt(out, "box %g,%g to %g,%g", t->place[0][1], t->place[0][0], t->place[t->places / 2][1],
                    t->place[t->places / 2 - 1][0]);
        return;
    case TERRITORY_POLYGON:
        buf_put_fmt(out, "polygon of %zu places", t->places - 1);
        return;
    }
}

bool
territory_wants_borders(const struct territory_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->of[i].kind == TERRITORY_STATE)
            return true;
    }
    return false;
}

/* --- Their shapes ----------------------------------------------------------------------------------------------- */

/* Codes of a file may lack leading zeros, or have them. */
static const struct borders_state *
find_state(const struct borders *file, const char *text)
{
    size_t zeros = strspn(text, "0");

    for (size_t i = 0; i < file->states; i++) {
        const struct borders_state *s = &file->state[i];

        if (strcmp(s->name, text) == 0 ||
            (s->code[0] != 0 && strcmp(s->code + strspn(s->code, "0"), text + zeros) == 0))
            return s;
    }
    return NULL;
}

/* 0, or -1 with ${why}: then the last State of ${out} may be in pieces. */
static int
add_shape(const struct territory *t, const struct borders *file, struct borders *out, struct why *why)
{
    const struct borders_state *s;

    if (t->kind != TERRITORY_STATE)
        return borders_add_state(out, t->id, "", why) != 0
                   ? -1
                   : borders_add_ring(out, (const double(*)[2])t->place, t->places, why);
    if (file == NULL)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "there is no file of borders");
    s = find_state(file, t->state);
    if (s == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, NULL, "the file of borders has no such State");
    return borders_copy_state(out, file, s, t->id, why);
}

void
territory_map_make(const struct territory_table *t, const struct borders *file, struct territory_map *out)
{
    struct why why;

    memset(out, 0, sizeof *out);
    for (; out->n < t->n; out->n++) {
        struct borders *shape = &out->shape;

        why_clear(&why);
        if (add_shape(&t->of[out->n], file, shape, &why) == 0) {
            out->made++;
            continue;
        }
        (void)snprintf(out->note[out->n], sizeof *out->note, "%.159s", why.note);
        if (shape->states == out->n + 1)
            shape->state[out->n].chunks = shape->state[out->n].holds_north = 0;
        else if (borders_add_state(shape, t->of[out->n].id, "", &why) != 0)
            break; /* out of memory: what is there counts */
    }
    borders_end(&out->shape);
}

void
territory_map_release(struct territory_map *m)
{
    borders_release(&m->shape);
}

/* --- A track over them ------------------------------------------------------------------------------------------- */

int
territory_passes(const struct territory_map *m, const struct type_sgp4 *mean, struct utc from, struct utc to,
                 struct territory_pass out[LIMIT_TERRITORY_COUNT], struct why *why)
{
    struct corridor c = {
        .from = from, .to = to, .mean = *mean, .cross_km = CORRIDOR_CROSS_KM, .borders = &m->shape};
    double span_s = timescale_elapsed_s(to, from);
    double far_s =
        fmax(fabs(timescale_elapsed_s(from, mean->epoch)), fabs(timescale_elapsed_s(to, mean->epoch)));

    if (!(span_s >= 0) || span_s > CORRIDOR_SPAN_DAYS * 86400.0 || far_s > FAR_DAYS_MAX * 86400.0)
        return why_set(why, WHY_FIELD_RANGE, 0, 0, NULL, "the window says nothing of a place");
    if (corridor_track(&c, why) != 0) {
        corridor_release(&c);
        return -1;
    }
    for (size_t i = 0; i < m->n; i++)
        out[i] = (struct territory_pass){.is_known = c.error == SGP4_DONE && m->note[i][0] == 0,
                                         .nearest_km = EVERYWHERE,
                                         .is_cut = c.error != SGP4_DONE};
    corridor_overfly(&c);
    for (size_t i = 0; i < c.states; i++) {
        struct territory_pass *p = &out[c.state[i].state - m->shape.state];

        p->nearest_km = c.state[i].nearest_km;
        p->is_known = true; /* what is reached is reached, wherever the track ends */
        p->first = c.state[i].first;
        p->last = c.state[i].last;
        p->passes = c.state[i].passes;
        p->share_percent = span_s > 0 ? fmin(100, 100 * c.state[i].seconds / span_s) : 100;
    }
    for (size_t i = 0; i < m->n; i++) {
        if (out[i].passes == 0)
            out[i].nearest_km =
                fmin(EVERYWHERE, corridor_nearest_km(&c, &m->shape.state[i], TERRITORY_FAR_KM));
    }
    corridor_release(&c);
    return 0;
}

/* --- Figures ------------------------------------------------------------------------------------------------------ */

const char *const territory_figure_names[] = {
    "territory_km",      "territory_passes", "territory_share_percent",
    "territory_first_h", "territory_last_h", NULL};

/* Times to the minute: newer elements of the same orbit say no more than that. */
static void
put_nearest(struct figures *f, const struct territory_pass *p)
{
    char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];
    struct buf text;

    buf_init(&text, LIMIT_TEXT_BYTES);
    utc_print(p->first, 0, first);
    utc_print(p->last, 0, last);
    if (p->passes > 0)
        buf_put_fmt(&text, "%.0f (%zu pass%s %.*sZ to %.*sZ, %.1f %% of the window%s)", p->nearest_km,
                    p->passes, p->passes > 1 ? "es" : "", MINUTE_CHARS, first, MINUTE_CHARS, last,
                    p->share_percent, p->is_cut ? ", cut" : "");
    else if (p->nearest_km < EVERYWHERE)
        buf_put_fmt(&text, "%.0f (no pass)", p->nearest_km);
    else
        buf_put_fmt(&text, "more than %d", TERRITORY_FAR_KM);
    figure_count(f, "territory_km", p->nearest_km, buf_cstr(&text));
    buf_release(&text);
}

size_t
territory_figures(const struct territory_pass *p, struct utc at, struct figure out[FIGURES_MAX], size_t n)
{
    struct figures f = {.out = out, .n = n, .at = at};
    char text[40];

    if (!p->is_known)
        return n;
    put_nearest(&f, p);
    (void)snprintf(text, sizeof text, "%zu", p->passes);
    figure_count(&f, "territory_passes", (double)p->passes, text);
    (void)snprintf(text, sizeof text, "%.1f", p->share_percent);
    figure_count(&f, "territory_share_percent", p->share_percent, text);
    figure_hours_to(&f, "territory_first_h", "first pass", p->first);
    figure_hours_to(&f, "territory_last_h", "last pass", p->last);
    return f.n;
}
