/* zones: pairs of published safety zones on the Moon that meet in space and time; of files, or of what a node holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "astro/sphere.h"
#include "astro/zone.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/input.h"
#include "cli/newest.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "lunar_activity.pb-c.h"

/* A notice. The newest of an issuer and an id stands for the earlier ones. */
struct notice {
    char id[LIMIT_TEXT_BYTES + 1], issuer[LIMIT_TEXT_BYTES + 1], activity[LIMIT_TEXT_BYTES + 1];
    struct utc issued;
    struct zone zone;
    bool has_place, has_radius, is_over;
};

struct comparing {
    const struct args *args;
    struct notice *notice;
    size_t n, room;
    bool is_full;
    size_t pairs;
    struct buf out;
};

static void
copy(char out[LIMIT_TEXT_BYTES + 1], const char *text)
{
    (void)snprintf(out, LIMIT_TEXT_BYTES + 1, "%s", text);
}

static struct notice *
place_for(struct comparing *k, const Parallax__V1__LunarActivity *msg)
{
    for (size_t i = 0; i < k->n; i++) {
        if (strcmp(k->notice[i].id, msg->id) == 0 && strcmp(k->notice[i].issuer, msg->issuer) == 0)
            return &k->notice[i];
    }
    if (k->n == LIMIT_ZONE_COUNT) {
        k->is_full = true;
        return NULL;
    }
    if (k->n == k->room) {
        k->room = k->room == 0 ? 16 : 2 * k->room;
        k->notice = mem_resize(k->notice, k->room * sizeof *k->notice);
    }
    k->notice[k->n] = (struct notice){.issued = {INT32_MIN, 0}};
    return &k->notice[k->n++];
}

static const struct type *
type_of(void)
{
    size_t i = 0;

    while (types_table[i]->schema != &parallax__v1__lunar_activity__descriptor)
        i++;
    return types_table[i];
}

/* ${msg} passed its type's check. */
static void
take(struct comparing *k, const Parallax__V1__LunarActivity *msg)
{
    struct notice *n = place_for(k, msg);
    struct type_extent extent;

    type_of()->extent(&msg->base, &extent);
    if (n == NULL || utc_compare(extent.issued, n->issued) < 0)
        return;
    *n = (struct notice){.issued = extent.issued};
    copy(n->id, msg->id);
    copy(n->issuer, msg->issuer);
    copy(n->activity, msg->activity);
    n->zone = extent.zone;
    n->has_place = extent.has_place;
    n->has_radius = extent.has_radius;
    n->is_over = extent.is_over;
}

static int
take_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)why;
    if (type->schema == &parallax__v1__lunar_activity__descriptor)
        take(cookie, (const Parallax__V1__LunarActivity *)msg);
    return 0;
}

static void
take_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    struct row r;

    row_open(&r, in);
    if (r.msg != NULL && r.header->kind != PARALLAX__V1__KIND__CANCEL &&
        r.header->kind != PARALLAX__V1__KIND__RETRACT)
        take(cookie, (const Parallax__V1__LunarActivity *)r.msg);
    row_close(&r);
}

static void
put_side(struct buf *out, const char *member, const struct notice *n)
{
    buf_put_fmt(out, "\"%s\":{\"issuer\":", member);
    text_json(out, span_str(n->issuer));
    buf_put_str(out, ",\"id\":");
    text_json(out, span_str(n->id));
    buf_put_str(out, ",\"activity\":");
    text_json(out, span_str(n->activity));
    buf_put_fmt(out, ",\"latitude_deg\":%.6f,\"longitude_deg\":%.6f,\"radius_km\":%g},", n->zone.latitude_deg,
                n->zone.longitude_deg, n->zone.radius_km);
}

static void
put_name(struct buf *out, const struct notice *n)
{
    text_quote(out, span_str(n->id), 60);
    buf_put_str(out, " of ");
    text_quote(out, span_str(n->issuer), 60);
    if (n->has_radius)
        buf_put_fmt(out, " (%g km)", n->zone.radius_km);
    else
        buf_put_str(out, " (no radius stated: a point)");
}

static void
put_pair(struct comparing *k, const struct notice *a, const struct notice *b, struct utc from, struct utc to)
{
    double km = zone_distance_km(&a->zone, &b->zone, SPHERE_MOON_KM);
    double overlap_km = a->zone.radius_km + b->zone.radius_km - km;
    char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];

    utc_print(from, 0, first);
    utc_print(to, 0, last);
    k->pairs++;
    if (args_has(k->args, "json")) {
        buf_put_byte(&k->out, '{');
        put_side(&k->out, "a", a);
        put_side(&k->out, "b", b);
        buf_put_fmt(&k->out, "\"distance_km\":%.6f,\"overlap_km\":%.6f,\"from\":\"%s\",\"to\":\"%s\"}\n", km,
                    overlap_km > 0 ? overlap_km : 0.0, first, last);
        return;
    }
    put_name(&k->out, a);
    buf_put_str(&k->out, "\n  and ");
    put_name(&k->out, b);
    buf_put_fmt(&k->out, "\n  centres %.3f km apart, the zones overlap by %.3f km, %s to %s\n", km,
                overlap_km > 0 ? overlap_km : 0.0, first, last);
}

static int
compare(struct comparing *k)
{
    struct utc from, to;
    size_t unplaced = 0;

    for (size_t i = 0; i < k->n; i++) {
        const struct notice *a = &k->notice[i];

        unplaced += !a->has_place && !a->is_over;
        for (size_t j = i + 1; j < k->n; j++) {
            const struct notice *b = &k->notice[j];

            if (a->has_place && b->has_place && !a->is_over && !b->is_over &&
                zone_meets_in_time(&a->zone, &b->zone, &from, &to) &&
                zone_meets_in_space(&a->zone, &b->zone, SPHERE_MOON_KM))
                put_pair(k, a, b, from, to);
        }
    }
    if (buf_failed(&k->out))
        return args_fail(k->args, "the output would be larger than %d bytes", LIMIT_OUTPUT_BYTES);
    screen_flush(&k->out);
    if (unplaced > 0)
        fprintf(stderr, "%zu notices without latitude and longitude: not compared\n", unplaced);
    if (k->pairs == 0)
        fprintf(stderr, "no two of %zu zones overlap in space and time\n", k->n);
    return EXIT_DONE;
}

static int
read_files(struct comparing *k)
{
    int status = EXIT_DONE;

    for (int i = 0; i < k->args->n && status == EXIT_DONE; i++) {
        struct input in;
        struct warning_sink sink = {0};
        struct convert how = {.warn = warning_print, .cookie = &sink};
        struct why why;

        why_clear(&why);
        input_init(&in, k->args->at[i]);
        sink.file = in.name;
        if (input_read(&in, k->args->at[i], NULL, &how, take_record, k, &why) != 0)
            status = args_refuse(&why, in.name);
        warning_end(&sink);
        input_release(&in);
    }
    return status;
}

static int
ask_node(struct comparing *k)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    struct client *c;
    int status = pick_mode(k->args, &q.mode);

    q.type = (char *)(uintptr_t)type_of()->name;
    if (status != EXIT_DONE || (c = client_new(k->args, &status)) == NULL)
        return status;
    status = newest_each(c, q, take_row, k);
    client_free(c);
    return status;
}

int
cmd_zones(int argc, char **argv)
{
    struct args a;
    struct comparing k = {.args = &a};
    int status;

    if (!args_read(&a, "zones", 0, -1, argc, argv, &status))
        return status;
    buf_init(&k.out, LIMIT_OUTPUT_BYTES);
    status = a.n > 0 ? read_files(&k) : ask_node(&k);
    if (status == EXIT_DONE && k.is_full)
        status = args_fail(&a, "more than %d zones", LIMIT_ZONE_COUNT);
    if (status == EXIT_DONE)
        status = compare(&k);
    buf_release(&k.out);
    free(k.notice);
    return status;
}
