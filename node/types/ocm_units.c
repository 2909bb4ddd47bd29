#include "types/ocm_units.h"

#include "base/text.h"
#include "types/ocm.h"

/* Is ${unit} another one than ${wanted}? What no unit of ours is may be another way to spell it. */
static bool
is_other(struct span unit, const char *wanted)
{
    static const char *const ours[] = {
        "km", "km/s", "km/s**2", "m", "m/s", "m/s**2", "cm", "cm/s", "mm",  "mm/s", "ft", "ft/s", "au", "nmi",
        "s",  "min",  "h",       "d", "ms",  "kg",     "g",  "lb",   "lbm", "N",    "mN", "kN",   "lbf"};

    if (text_equal_nocase(unit, wanted) && (unit.n > 2 || span_is(unit, wanted) || strcmp(wanted, "N") != 0))
        return false;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (text_equal_nocase(unit, ours[i]))
            return true;
    }
    return false;
}

static int
refuse(struct block_walk *w, const char *keyword, struct span unit, const char *wanted, struct span what)
{
    return blockmap_wrong(w, WHY_FIELD_UNIT, keyword, "%.*s for %.*s: expected %s",
                          (int)(unit.n < 20 ? unit.n : 20), (const char *)unit.p,
                          (int)(what.n < 20 ? what.n : 20), (const char *)what.p, wanted);
}

int
ocm_units_check_state(struct block_walk *w)
{
    static const char *const names[] = {"X",     "Y",      "Z",      "X_DOT", "Y_DOT",
                                        "Z_DOT", "X_DDOT", "Y_DDOT", "Z_DDOT"};
    static const char *const units[] = {"km", "km/s", "km/s**2"};
    struct span type = blockmap_value(w->block, "TRAJ_TYPE"), list = blockmap_value(w->block, "TRAJ_UNITS");

    if (type.n > 0 && !span_is(type, "CARTP") && !span_is(type, "CARTPV") && !span_is(type, "CARTPVA"))
        return 0;
    for (size_t i = 0; list.n > 0 && i < 9; i++) {
        struct span unit = ocm_name(list, i);

        if (unit.n > 0 && is_other(unit, units[i / 3]))
            return refuse(w, "TRAJ_UNITS", unit, units[i / 3], span_str(names[i]));
    }
    return 0;
}

int
ocm_units_check_maneuver(struct block_walk *w)
{
    static const struct {
        const char *prefix, *unit;
    } known[] = {{"MAN_DURA", "s"},       {"DELTA_MASS", "kg"},    {"ACC_X", "km/s**2"},
                 {"ACC_Y", "km/s**2"},    {"ACC_Z", "km/s**2"},    {"DV_X", "km/s"},
                 {"DV_Y", "km/s"},        {"DV_Z", "km/s"},        {"THR_X", "N"},
                 {"THR_Y", "N"},          {"THR_Z", "N"},          {"DEPLOY_DV_X", "km/s"},
                 {"DEPLOY_DV_Y", "km/s"}, {"DEPLOY_DV_Z", "km/s"}, {"DEPLOY_MASS", "kg"}};
    struct span names = blockmap_value(w->block, "MAN_COMPOSITION"),
                units = blockmap_value(w->block, "MAN_UNITS");
    size_t n = 0, m = 0;

    while (names.n > 0 && n < BLOCKMAP_COLUMNS_MAX && ocm_name(names, n).n > 0)
        n++;
    while (units.n > 0 && m < BLOCKMAP_COLUMNS_MAX && ocm_name(units, m).n > 0)
        m++;
    if (m != n && m + 1 != n) /* the time may have none; else nobody knows which is whose */
        return 0;
    for (size_t i = n - m; i < n; i++) {
        struct span name = ocm_name(names, i), unit = ocm_name(units, i - (n - m));

        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            if (span_is(name, known[k].prefix) && is_other(unit, known[k].unit))
                return refuse(w, "MAN_UNITS", unit, known[k].unit, name);
        }
    }
    return 0;
}
