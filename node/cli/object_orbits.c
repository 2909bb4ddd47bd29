#include "cli/object_orbits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "cli/object_show.h"
#include "cli/screen.h"
#include "core/object.h"

#define STATES_BYTES 67108864 /* states of all ephemerides that are looked at */

static bool
is_orbit(const struct row *r)
{
    return r->type != NULL && r->msg != NULL && (r->type->sgp4 != NULL || r->type->path != NULL) &&
           !record_kind_withdraws((int)r->header->kind);
}

void
object_orbits_make(struct object_orbits *o, const struct object_records *r,
                   const Parallax__V1__Object *object)
{
    const struct type *registers = NULL;
    struct orbit_view_object frame;

    memset(o, 0, sizeof *o);
    arena_init(&o->arena, STATES_BYTES);
    orbit_view_take(&frame, r->answer->policy, object);
    (void)registry_reader(ORBIT_VIEW_REGISTERS, &registers);
    for (size_t i = 0; i < r->n; i++) {
        if (r->row[i].type == registers && r->row[i].msg != NULL)
            orbit_view_registered(&frame, r->row[i].in->origin);
    }
    for (size_t i = 0; i < r->n; i++) {
        const struct row *row = &r->row[i];
        struct orbit_view_row *v = &o->view.row[o->view.n];

        if (!is_orbit(row))
            continue;
        if (o->view.n == ORBIT_VIEW_MAX) {
            o->is_cut = true;
            break;
        }
        v->type = row->type;
        v->msg = row->msg;
        v->origin = row->in->origin;
        v->record = row->id;
        v->created = record_utc(row->header->created);
        v->epoch = record_utc(row->header->epoch);
        orbit_view_rate(&frame, v);
        o->row[o->view.n++] = row;
    }
    o->n = o->view.n;
    orbit_view_make(&o->view, &frame.policy, utc_from_ms(r->answer->time_ms), &o->arena);
}

void
object_orbits_release(struct object_orbits *o)
{
    arena_release(&o->arena);
}

static const struct row *
row_of(const struct object_orbits *o, const struct orbit_view_row *v)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->row[i]->id == v->record)
            return o->row[i];
    }
    return NULL;
}

static void
put_real(struct buf *out, const char *key, double value, int digits)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%.*f", digits, value);
    object_raw(out, key, span_str(text));
}

static void
put_row(const struct object_orbits *o, const struct object_records *r, const struct orbit_view_row *v,
        struct buf *out)
{
    const struct row *row = row_of(o, v);

    object_open(out, NULL);
    object_str(out, "origin", v->origin);
    object_str(out, "record", v->record);
    object_str(out, "type", v->type->name);
    object_str(out, "means", v->means);
    object_utc(out, "epoch", v->epoch);
    object_utc(out, "created", v->created);
    object_ms(out, "received", row != NULL ? row->in->received_ms : 0);
    object_ms(out, "complete_up_to", row != NULL ? object_records_complete_ms(r, row) : 0);
    object_utc(out, "start", v->start);
    object_utc(out, "stop", v->stop);
    put_real(out, "age_h", v->age_h, 2);
    object_bool(out, "stale", v->is_stale);
    if (v->sigma_km > 0)
        put_real(out, "sigma_km", v->sigma_km, 6);
    object_bool(out, "operator", v->is_operator);
    object_bool(out, "owner", v->is_owner);
    if (v->is_compared) {
        put_real(out, "distance_km", v->distance_km, 6);
        object_utc(out, "compared_at", v->compared_at);
        object_bool(out, "disagrees", v->disagrees);
    }
    if (v->compare_note[0] != 0 || v->note[0] != 0)
        object_str(out, "note", v->compare_note[0] != 0 ? v->compare_note : v->note);
    object_close(out);
}

void
object_orbits_json(const struct object_orbits *o, const struct object_records *r, struct buf *out)
{
    bool disagree = false;

    object_open_list(out, "orbits");
    for (size_t i = 0; i < o->view.n; i++) {
        put_row(o, r, &o->view.row[i], out);
        disagree |= o->view.row[i].disagrees;
    }
    object_close_list(out);
    if (o->view.why[0] != 0) {
        object_open(out, "preferred");
        object_str(out, "record", o->view.row[0].record);
        object_str(out, "origin", o->view.row[0].origin);
        object_str(out, "why", o->view.why);
        object_close(out);
    }
    object_bool(out, "disagreement", disagree);
}

void
object_orbits_explain(const struct object_orbits *o, struct buf *out)
{
    if (o->view.why[0] == 0) {
        buf_put_str(out, o->view.n == 0 ? "no orbit" : "no orbit that can be computed with");
        return;
    }
    buf_put_fmt(out, "preferred orbit: %s of ", o->view.row[0].record);
    screen_text(out, o->view.row[0].origin);
    buf_put_fmt(out, ": %s", o->view.why);
}

static void
put_distance(const struct orbit_view_row *v, bool is_first, struct buf *out)
{
    char at[UTC_TEXT_MAX];

    if (is_first) {
        buf_put_str(out, "preferred");
        return;
    }
    if (!v->is_compared) {
        buf_put_fmt(out, "not compared: %s", v->compare_note[0] != 0 ? v->compare_note : v->note);
        return;
    }
    utc_print(v->compared_at, 0, at);
    buf_put_fmt(out, "%.3f km at %s%s", v->distance_km, at, v->disagrees ? " DISAGREES" : "");
    if (v->compare_note[0] != 0)
        buf_put_fmt(out, " (%s)", v->compare_note);
}

static void
print_row(const struct object_orbits *o, const struct object_records *r, size_t i, struct screen_table *table,
          struct buf *text)
{
    const struct orbit_view_row *v = &o->view.row[i];
    const struct row *row = row_of(o, v);
    char epoch[UTC_TEXT_MAX] = "-";

    screen_text(text, v->origin);
    screen_table_cell(table, buf_cstr(text));
    screen_table_cell(table, v->means);
    if (!utc_is_zero(v->epoch))
        utc_print(v->epoch, 0, epoch);
    screen_table_cell(table, epoch);
    buf_clear(text);
    buf_put_fmt(text, "%.1f h%s", v->age_h, v->is_stale ? " STALE" : "");
    screen_table_cell(table, buf_cstr(text));
    buf_clear(text);
    screen_time(text, row != NULL ? row->in->received_ms : 0);
    screen_table_cell(table, buf_cstr(text));
    buf_clear(text);
    screen_time(text, row != NULL ? object_records_complete_ms(r, row) : 0);
    screen_table_cell(table, buf_cstr(text));
    buf_clear(text);
    put_distance(v, i == 0 && o->view.why[0] != 0, text);
    screen_table_cell(table, buf_cstr(text));
    buf_clear(text);
}

void
object_orbits_print(const struct object_orbits *o, const struct object_records *r)
{
    static const char *const titles[] = {
        "ORBIT OF", "BY", "EPOCH", "AGE", "RECEIVED", "COMPLETE UP TO", "FROM THE PREFERRED ONE"};
    struct screen_table table;
    struct buf text;

    if (o->view.n == 0)
        return;
    buf_init(&text, LIMIT_LINE_BYTES);
    screen_table_init(&table, 7, titles);
    for (size_t i = 0; i < o->view.n; i++)
        print_row(o, r, i, &table, &text);
    printf("\n");
    screen_table_print(&table);
    object_orbits_explain(o, &text);
    printf("%s\n", buf_cstr(&text));
    if (o->is_cut)
        printf("and more orbits than are looked at\n");
    buf_release(&text);
}
