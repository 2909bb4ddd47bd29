/* The states of the first segment of an OEM (CCSDS 502.0-B-3 section 5), and how sure it is of the first position. */
#include <math.h>

#include "base/num.h"
#include "types/blockmap_about.h"
#include "types/designator.h"
#include "types/ephemeris/ephemeris_map.h"

#define DEGREE_DEFAULT                                                                                       \
    7 /* states of a minute to some minutes apart: a polynomial of that degree is good to below a metre */

static void
copy(struct span text, char *out, size_t size)
{
    size_t n = text.n < size ? text.n : size - 1;

    memcpy(out, text.p, n);
    out[n] = 0;
}

static bool
read_state(struct span line, struct span system, struct type_state *out)
{
    struct span column[10];
    size_t n = blockmap_columns(line, column, 10);

    if (n < 7 || n > 10)
        return false;
    out->at = designator_utc(column[0], system);
    for (size_t i = 0; i < 3; i++) {
        if (num_double(column[1 + i], &out->r_km[i]) != 0 || num_double(column[4 + i], &out->v_km_s[i]) != 0)
            return false;
    }
    return !utc_is_zero(out->at);
}

/* Columns of the metadata, with what bounds the use of the states. */
static void
read_bounds(const Parallax__V1__Block *metadata, struct span system, struct type_path *out)
{
    struct utc start = designator_utc(blockmap_value(metadata, "USEABLE_START_TIME"), system);
    struct utc stop = designator_utc(blockmap_value(metadata, "USEABLE_STOP_TIME"), system);
    uint64_t degree;

    out->start = out->state[0].at;
    out->stop = out->state[out->n - 1].at;
    if (!utc_is_zero(start) && utc_compare(start, out->start) > 0)
        out->start = start;
    if (!utc_is_zero(stop) && utc_compare(stop, out->stop) < 0)
        out->stop = stop;
    out->degree = DEGREE_DEFAULT;
    if (num_uint(blockmap_value(metadata, "INTERPOLATION_DEGREE"), 30, &degree) == 0 && degree > 0)
        out->degree = (unsigned)degree;
    if (span_is(blockmap_value(metadata, "INTERPOLATION"), "LINEAR"))
        out->degree = 1;
}

int
ephemeris_path(const ProtobufCMessage *msg, struct arena *a, struct type_path *out, struct why *why)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    const Parallax__V1__Block *metadata = blockmap_first(e->blocks, e->n_blocks, "metadata");
    const Parallax__V1__Block *data = blockmap_first(e->blocks, e->n_blocks, "data");
    struct span system = blockmap_value(metadata, "TIME_SYSTEM");
    struct type_state *state;

    if (strcmp(e->form, ephemeris_oem.form) != 0 || data == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "OCM: its trajectories are not compared");
    state = arena_alloc(a, data->n_items * sizeof *state);
    if (state == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for %zu states", data->n_items);
    *out = (struct type_path){.state = state};
    for (size_t i = 0; i < data->n_items; i++) {
        if (*data->items[i]->keyword != 0)
            continue;
        if (!read_state(span_str(data->items[i]->value), system, &state[out->n]) ||
            (out->n > 0 && utc_compare(state[out->n].at, state[out->n - 1].at) <= 0))
            return why_set(why, WHY_FIELD_TIME, 0, 0, "EPOCH",
                           "states are not in order, or in a time system that cannot be led to UTC");
        out->n++;
    }
    if (out->n == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "data", "no states");
    copy(blockmap_value(metadata, "REF_FRAME"), out->frame, sizeof out->frame);
    copy(blockmap_value(metadata, "CENTER_NAME"), out->center, sizeof out->center);
    read_bounds(metadata, system, out);
    return 0;
}

double
ephemeris_sigma_km(const ProtobufCMessage *msg)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    const Parallax__V1__Block *matrix = blockmap_first(e->blocks, e->n_blocks, "covariance");
    struct span column[6];
    double sum = 0, v;
    size_t row = 0;

    for (size_t i = 0; matrix != NULL && i < matrix->n_items && row < 3; i++) {
        if (*matrix->items[i]->keyword != 0)
            continue;
        if (blockmap_columns(span_str(matrix->items[i]->value), column, 6) != row + 1 ||
            num_double(column[row], &v) != 0 || v < 0)
            return 0;
        sum += v;
        row++;
    }
    return row == 3 ? sqrt(sum) : 0;
}
