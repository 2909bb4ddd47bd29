/* borders LATITUDE,LONGITUDE...: the States that places are in, or near. No node. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/screen.h"
#include "watch/borders_find.h"

#define CROSS_KM_MAX 5000

struct asking {
    const struct args *args;
    const struct borders *borders;
    double cross_km;
};

static int
read_place(const char *text, double place[2])
{
    static const double most[2] = {90, 360};
    const char *comma = strchr(text, ',');

    if (comma == NULL || num_double(span_of(text, (size_t)(comma - text)), &place[0]) != 0 ||
        num_double(span_str(comma + 1), &place[1]) != 0)
        return -1;
    return fabs(place[0]) <= most[0] && fabs(place[1]) <= most[1] ? 0 : -1;
}

static void
put(const struct asking *k, const struct borders_state *s, double km, size_t *n, struct buf *out)
{
    bool json = args_has(k->args, "json");

    buf_put_str(out, (*n)++ == 0 ? "" : json ? "," : "; ");
    if (json) {
        buf_put_str(out, "{\"state\":");
        text_json(out, span_str(s->name));
        buf_put_str(out, ",\"code\":");
        text_json(out, span_str(s->code));
        buf_put_fmt(out, ",\"km\":%.3f}", km);
        return;
    }
    text_quote(out, span_str(s->name), BORDERS_NAME_MAX);
    if (km > 0)
        buf_put_fmt(out, " %.1f km", km);
}

static void
answer(const struct asking *k, const double place[2], struct buf *out)
{
    bool json = args_has(k->args, "json");
    size_t n = 0;

    buf_put_fmt(out,
                json ? "{\"latitude_deg\":%.6f,\"longitude_deg\":%.6f,\"states\":[" : "%.4f,%.4f: ", place[0],
                place[1]);
    for (size_t i = 0; i < k->borders->states; i++) {
        const struct borders_state *s = &k->borders->state[i];
        double km = borders_distance_km(k->borders, s, place[0], place[1], k->cross_km);

        if (km <= k->cross_km)
            put(k, s, km, &n, out);
    }
    if (!json && n == 0)
        buf_put_fmt(out, "no State within %g km", k->cross_km);
    buf_put_str(out, json ? "]}\n" : "\n");
}

static int
answer_all(struct asking *k)
{
    struct buf out;
    double place[2];

    for (int i = 0; i < k->args->n; i++) {
        if (read_place(k->args->at[i], place) != 0)
            return args_usage(k->args,
                              "%.64s: expected LATITUDE,LONGITUDE in degrees: -90 to 90, -360 to 360",
                              k->args->at[i]);
    }
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    for (int i = 0; i < k->args->n; i++) {
        (void)read_place(k->args->at[i], place);
        answer(k, place, &out);
    }
    screen_flush(&out);
    buf_release(&out);
    return EXIT_DONE;
}

/* Places south of the equator begin with a sign: they are no options. */
int
cmd_borders(int argc, char **argv)
{
    char path[BORDERS_PATH_MAX];
    struct borders borders;
    struct why why;
    struct args a;
    struct asking k = {.args = &a, .borders = &borders};
    const char *cross;
    int status;

    if (!args_read(&a, "borders", 1, -1, argc, argv, &status))
        return status;
    cross = args_get(&a, "cross");
    if (cross != NULL &&
        (num_double(span_str(cross), &k.cross_km) != 0 || k.cross_km < 0 || k.cross_km > CROSS_KM_MAX))
        return args_usage(&a, "--cross %.64s: expected km, 0 to %d", cross, CROSS_KM_MAX);
    why_clear(&why);
    status = borders_find(&borders, args_get(&a, "file"), path, &why);
    if (status < 0)
        return args_refuse(&why, path);
    if (status == 0)
        return args_fail(
            &a, "no file of borders: deploy/setup test fetches one; --file or $PARALLAX_BORDERS names one");
    status = answer_all(&k);
    borders_release(&borders);
    return status;
}
