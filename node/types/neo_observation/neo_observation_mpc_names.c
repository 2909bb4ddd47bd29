/* Packed designations (MPC, "Packed Provisional and Permanent Designations") and the letters of the 80 columns. */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "syntax/fixcol.h"
#include "types/neo_observation/neo_observation_mpc.h"

#define NUMBER_EXTENDED 620000 /* from here on `~` and four digits of base 62 */
#define CYCLE_EXTENDED  620    /* from here on `_` */
#define HALF_MONTHS     "ABCDEFGHJKLMNOPQRSTUVWXY"
#define SECOND_LETTERS  "ABCDEFGHJKLMNOPQRSTUVWXYZ"

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Of the catalogues, those whose letter and ADES name are certain. */
static const struct {
    char letter;
    const char *name;
} catalogues[] = {{'a', "USNOA1"}, {'c', "USNOA2"}, {'e', "UCAC1"}, {'f', "Tyc1"},   {'g', "Tyc2"},
                  {'l', "ACT"},    {'o', "USNOB1"}, {'q', "UCAC4"}, {'r', "UCAC2"},  {'t', "PPMXL"},
                  {'u', "UCAC3"},  {'v', "NOMAD"},  {'w', "CMC14"}, {'L', "2MASS"},  {'N', "SDSS7"},
                  {'U', "Gaia1"},  {'V', "Gaia2"},  {'W', "Gaia3"}, {'X', "Gaia3E"}, {'Y', "UCAC5"},
                  {'Z', "ATLAS2"}};

/* The first letter of a mode is the one that is written. */
static const struct {
    const char *letters, *name;
} modes[] = {{"Cc", "CCD"}, {"B", "CMO"}, {"P A", "PHO"}, {"e", "ENC"}, {"T", "MER"},
             {"M", "MIC"},  {"n", "VID"}, {"E", "OCC"},   {"N", "NOR"}};

const char *
neo_observation_mode_of(uint8_t letter)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (letter != 0 && strchr(modes[i].letters, letter) != NULL)
            return modes[i].name;
    }
    return NULL;
}

char
neo_observation_letter_of_mode(const char *mode)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, mode) == 0)
            return modes[i].letters[0];
    }
    return 0;
}

const char *
neo_observation_catalogue_of(uint8_t letter)
{
    for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++) {
        if (catalogues[i].letter == (char)letter)
            return catalogues[i].name;
    }
    return NULL;
}

char
neo_observation_letter_of_catalogue(const char *catalogue)
{
    for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++) {
        if (strcmp(catalogues[i].name, catalogue) == 0)
            return catalogues[i].letter;
    }
    return 0;
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Value of ${n} digits of base 62; false if one is none. */
static bool
value62(const uint8_t *p, size_t n, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        const char *digit = p[i] != 0 ? strchr(base62, p[i]) : NULL;

        if (digit == NULL)
            return false;
        *out = *out * 62 + (uint64_t)(digit - base62);
    }
    return true;
}

static const char *
planet(uint8_t letter)
{
    return letter == 'J'   ? "Jupiter"
           : letter == 'S' ? "Saturn"
           : letter == 'U' ? "Uranus"
           : letter == 'N' ? "Neptune"
                           : NULL;
}

/* Columns 1 to 5, of which the last may be the kind of a comet or of a natural satellite. 0, or -1: no number. */
static int
unpack_number(const uint8_t *p, char *out, size_t size)
{
    uint64_t number;

    if (num_uint(span_of(p, 5), 99999, &number) == 0) {
        (void)snprintf(out, size, "%u", (unsigned)number);
        return number > 0 ? 0 : -1;
    }
    if (p[0] == '~' && value62(p + 1, 4, &number)) {
        (void)snprintf(out, size, "%u", (unsigned)number + NUMBER_EXTENDED);
        return 0;
    }
    if (planet(p[0]) != NULL && p[4] == 'S' && num_uint(span_of(p + 1, 3), 999, &number) == 0) {
        (void)snprintf(out, size, "%s %u", planet(p[0]), (unsigned)number);
        return 0;
    }
    if (strchr("PD", p[4]) != NULL && num_uint(span_of(p, 4), 9999, &number) == 0) {
        (void)snprintf(out, size, "%u%c", (unsigned)number, p[4]);
        return 0;
    }
    if (!is_digit(p[0]) && value62(p, 1, &number) && num_uint(span_of(p + 1, 4), 9999, &(uint64_t){0}) == 0) {
        uint64_t rest = 0;

        (void)num_uint(span_of(p + 1, 4), 9999, &rest);
        (void)snprintf(out, size, "%u", (unsigned)(number * 10000 + rest));
        return 0;
    }
    return -1;
}

/* `PLS2040`, `T1S3138`: surveys. */
static bool
unpack_survey(const uint8_t *p, char *out, size_t size)
{
    uint64_t number;
    bool is_leiden = p[0] == 'P' && p[1] == 'L';
    bool is_trojan = p[0] == 'T' && p[1] >= '1' && p[1] <= '3';

    if ((!is_leiden && !is_trojan) || p[2] != 'S' || num_uint(span_of(p + 3, 4), 9999, &number) != 0)
        return false;
    (void)snprintf(out, size, "%u %c-%c", (unsigned)number, p[0], p[1]);
    return true;
}

/* `K07Tf8A`: century, year, half month, cycle, letter; `_QC0aEM` from cycle 620 on. */
static bool
unpack_provisional(const uint8_t *p, char *out, size_t size)
{
    uint64_t year, tens, units, index;

    if (p[0] == '_' && value62(p + 1, 1, &year) && p[2] != 0 && strchr(HALF_MONTHS, p[2]) != NULL &&
        value62(p + 3, 4, &index)) {
        (void)snprintf(out, size, "%u %c%c%u", (unsigned)year + 2000, p[2], SECOND_LETTERS[index % 25],
                       (unsigned)(index / 25) + CYCLE_EXTENDED);
        return true;
    }
    if (p[0] < 'I' || p[0] > 'K' || num_uint(span_of(p + 1, 2), 99, &year) != 0 || p[3] == 0 ||
        strchr(HALF_MONTHS, p[3]) == NULL || !value62(p + 4, 1, &tens) ||
        num_uint(span_of(p + 5, 1), 9, &units) != 0 || p[6] < 'A' || p[6] > 'Z' || p[6] == 'I')
        return false;
    year += (uint64_t)(p[0] - 'A' + 10) * 100;
    units += tens * 10;
    if (units == 0)
        (void)snprintf(out, size, "%u %c%c", (unsigned)year, p[3], p[6]);
    else
        (void)snprintf(out, size, "%u %c%c%u", (unsigned)year, p[3], p[6], (unsigned)units);
    return true;
}

/* `K13A010` behind the kind of a comet, `K03J120` behind an S: order number, and a fragment. */
static bool
unpack_comet(uint8_t kind, const uint8_t *p, char *out, size_t size)
{
    uint64_t year, order;
    bool is_satellite = kind == 'S';

    if (p[0] < 'I' || p[0] > 'K' || num_uint(span_of(p + 1, 2), 99, &year) != 0 ||
        num_uint(span_of(p + 4, 2), 99, &order) != 0 || order == 0 || p[3] < 'A' || p[3] > 'Y')
        return false;
    year += (uint64_t)(p[0] - 'A' + 10) * 100;
    if (is_satellite && p[6] == '0')
        (void)snprintf(out, size, "S/%u %c %u", (unsigned)year, p[3], (unsigned)order);
    else if (!is_satellite && p[6] == '0')
        (void)snprintf(out, size, "%c/%u %c%u", kind, (unsigned)year, p[3], (unsigned)order);
    else if (!is_satellite && p[6] >= 'a' && p[6] <= 'z')
        (void)snprintf(out, size, "%c/%u %c%u-%c", kind, (unsigned)year, p[3], (unsigned)order, p[6] - 32);
    else
        return false;
    return true;
}

int
neo_observation_unpack(struct span packed, struct neo_observation_names *out, struct why *why)
{
    struct span number = fixcol_trim(packed, 1, 5), rest = fixcol_trim(packed, 6, 12);
    uint8_t p[12];

    memset(p, ' ', sizeof p);
    memcpy(p, packed.p, packed.n < sizeof p ? packed.n : sizeof p);
    *out = (struct neo_observation_names){{0}};
    if (number.n == 0 && rest.n == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 1, "permID",
                       "columns 1 to 12 are blank: nothing names the object");
    bool has_kind = number.n == 1 && p[4] != ' ' && strchr("PCDXAIS", p[4]) != NULL;
    if (number.n > 0 && !has_kind && unpack_number(p, out->perm_id, sizeof out->perm_id) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 1, "permID", "columns 1 to 5 are no packed number");
    if (rest.n == 0)
        return has_kind ? why_set(why, WHY_FIELD_MISSING, 0, 6, "provID",
                                  "columns 6 to 12 are blank behind the kind of the object")
                        : 0;
    if (has_kind && unpack_comet(p[4], p + 5, out->prov_id, sizeof out->prov_id))
        return 0;
    if (has_kind && p[4] != 'S' && unpack_provisional(p + 5, out->prov_id + 2, sizeof out->prov_id - 2)) {
        out->prov_id[0] = (char)p[4]; /* a comet that was an asteroid first */
        out->prov_id[1] = '/';
        return 0;
    }
    if (out->perm_id[0] != 0 && rest.n <= 2 && p[4] == 'P' && p[11] >= 'a' && p[11] <= 'z') {
        size_t n = strlen(out->perm_id); /* a fragment of a numbered comet: 73P-B */

        (void)snprintf(out->perm_id + n, sizeof out->perm_id - n, "-%s%c",
                       rest.n == 2 ? (char[]){(char)(p[10] - 32), 0} : "", p[11] - 32);
        return 0;
    }
    if (!has_kind && (unpack_survey(p + 5, out->prov_id, sizeof out->prov_id) ||
                      unpack_provisional(p + 5, out->prov_id, sizeof out->prov_id)))
        return 0;
    (void)snprintf(out->trk_sub, sizeof out->trk_sub, "%.*s", (int)rest.n, (const char *)rest.p);
    return 0;
}

static int
cannot(struct why *why, const char *field, const char *note)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, field, "%s", note);
}

static void
put62(uint64_t value, size_t n, char *out)
{
    for (size_t i = n; i > 0; i--) {
        out[i - 1] = base62[value % 62];
        value /= 62;
    }
}

static int
pack_number(const char *perm_id, char *packed, struct why *why)
{
    uint64_t number;
    char text[16];

    if (num_uint(span_str(perm_id), 15396335, &number) != 0 || number == 0)
        return cannot(why, "permID", "no number of a minor planet up to 15396335");
    if (number < 100000)
        (void)snprintf(text, sizeof text, "%05u", (unsigned)number);
    else if (number < NUMBER_EXTENDED)
        (void)snprintf(text, sizeof text, "%c%04u", base62[number / 10000], (unsigned)(number % 10000));
    else {
        text[0] = '~';
        put62(number - NUMBER_EXTENDED, 4, text + 1);
    }
    memcpy(packed, text, 5);
    return 0;
}

/* `2007 TA418` */
static int
pack_provisional(const char *prov_id, char *packed, struct why *why)
{
    uint64_t year, cycle = 0;
    const char *letter;
    size_t n = strlen(prov_id);
    char text[8];

    if (n < 7 || prov_id[4] != ' ' || num_uint(span_of((const uint8_t *)prov_id, 4), 2061, &year) != 0 ||
        year < 1800 || strchr(HALF_MONTHS, prov_id[5]) == NULL ||
        (letter = strchr(SECOND_LETTERS, prov_id[6])) == NULL ||
        (n > 7 && num_uint(span_of((const uint8_t *)prov_id + 7, n - 7), 591028, &cycle) != 0))
        return cannot(why, "provID", "no provisional designation of a minor planet, such as 2007 TA418");
    if (cycle < CYCLE_EXTENDED) {
        (void)snprintf(text, sizeof text, "%c%02u%c%c%u%c", (char)('A' + year / 100 - 10),
                       (unsigned)(year % 100), prov_id[5], base62[cycle / 10], (unsigned)(cycle % 10),
                       *letter);
    } else if (year >= 2000) {
        text[0] = '_';
        text[1] = base62[year - 2000];
        text[2] = prov_id[5];
        put62((cycle - CYCLE_EXTENDED) * 25 + (uint64_t)(letter - SECOND_LETTERS), 4, text + 3);
    } else {
        return cannot(why, "provID", "a cycle above 619 before the year 2000");
    }
    memcpy(packed, text, 7);
    return 0;
}

int
neo_observation_pack(const char *perm_id, const char *prov_id, const char *trk_sub, char packed[13],
                     struct why *why)
{
    size_t n = strlen(trk_sub);

    memset(packed, ' ', 12);
    packed[12] = 0;
    if (*perm_id != 0 && pack_number(perm_id, packed, why) != 0)
        return -1;
    if (*prov_id != 0)
        return pack_provisional(prov_id, packed + 5, why);
    if (*perm_id != 0)
        return 0;
    if (n == 0 || n > 7)
        return cannot(why, "trkSub", "expected at most 7 characters");
    memcpy(packed + 5, trk_sub, n);
    return 0;
}
