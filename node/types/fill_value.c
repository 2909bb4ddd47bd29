#include "types/fill_value.h"

#include "base/num.h"
#include "base/text.h"

/* A unit that cannot be meant, seen where the standard's can: JSpOC-style test sets write velocities in [m]. */
static const struct slip {
    const char *unit, *seen;
} slips[] = {{"m/s", "m"}};

static bool
is_nan(struct span value)
{
    if (value.n < 3 || value.n > 4 || (value.p[value.n - 1] | 0x20) != 'n')
        return false;
    return text_equal_nocase(value, "nan") || text_equal_nocase(value, "-nan") ||
           text_equal_nocase(value, "+nan");
}

/* `N/A` for a number, as CDM has it for words: nobody knows it. */
static bool
is_unavailable(struct span value)
{
    return value.n == 3 && text_equal_nocase(value, "n/a");
}

static bool
is_number(const struct field *field)
{
    return field->kind == FIELD_REAL || field->kind == FIELD_INT || field->kind == FIELD_COUNT;
}

static int
check_unit(struct fill *f, const struct field *field, struct span unit, struct place at)
{
    if (unit.p == NULL) {
        if (f->map->has_units && field->unit != NULL && f->style == FILL_CCSDS)
            return why_set(f->why, WHY_FIELD_UNIT, at.line, at.column, field->keyword,
                           "no unit: expected [%s]", field->unit);
        return 0;
    }
    if (field->unit != NULL && span_is(unit, field->unit))
        return 0;
    if (unit.n == 0 && !(f->map->has_units && field->unit != NULL))
        return fill_tolerate(f, WHY_FIELD_UNIT, at, field->keyword, "an empty unit");
    if (field->unit == NULL && (text_equal_nocase(unit, "n/a") || span_is(unit, "-")))
        return fill_tolerate(f, WHY_FIELD_UNIT, at, field->keyword, "[n/a]: expected no unit");
    if (field->unit != NULL && text_equal_nocase(unit, field->unit))
        return fill_tolerate(f, WHY_FIELD_UNIT, at, field->keyword, "a unit in another case: expected [%s]",
                             field->unit);
    for (size_t i = 0; field->unit != NULL && i < sizeof slips / sizeof *slips; i++) {
        if (strcmp(slips[i].unit, field->unit) == 0 && span_is(unit, slips[i].seen))
            return fill_tolerate(f, WHY_FIELD_UNIT, at, field->keyword, "[%s], which is read as [%s]",
                                 slips[i].seen, field->unit);
    }
    return why_set(f->why, WHY_FIELD_UNIT, at.line, at.column, field->keyword,
                   "another unit: expected %s%s%s", field->unit != NULL ? "[" : "",
                   field->unit != NULL ? field->unit : "none", field->unit != NULL ? "]" : "");
}

/* A value that is not there: empty, or a word for that. */
static int
take_nothing(struct fill *f, const struct field *field, struct place at, struct span word)
{
    const char *name = is_unavailable(word) ? "N/A" : "NaN";

    if (word.n > 0) {
        if (field->flags & FIELD_MUST)
            return why_set(f->why, WHY_FIELD_NUMBER, at.line, at.column, field->keyword,
                           "%s: expected a number", name);
        return fill_tolerate(f, WHY_FIELD_NUMBER, at, field->keyword, "%s, which is read as not given", name);
    }
    if (field->flags & FIELD_MUST && !(f->style == FILL_TABLE))
        return why_set(f->why, WHY_FIELD_MISSING, at.line, at.column, field->keyword,
                       "empty: it is mandatory");
    if (f->style == FILL_TABLE)
        return 0;
    return fill_tolerate(f, WHY_FIELD_MISSING, at, field->keyword, "empty, which is read as not given");
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Seen in KVN and XML: `.5`, `5.`, a D for the exponent. Certain in meaning, outside the grammar of 502.0-B-3 section 7.5.6. */
static int
note_number(struct fill *f, const struct field *field, struct span value, struct place at)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '.' &&
            !(i > 0 && is_digit(value.p[i - 1]) && i + 1 < value.n && is_digit(value.p[i + 1])))
            return fill_tolerate(f, WHY_FIELD_NUMBER, at, field->keyword, "no digit beside the point");
        if ((value.p[i] | 0x20) == 'd')
            return fill_tolerate(f, WHY_FIELD_NUMBER, at, field->keyword, "D for the exponent: expected E");
    }
    return 0;
}

int
fill_value_spell(struct fill *f, const struct field *field, char *text, struct place at)
{
    size_t n = strlen(text), kept = 0;

    /* `2022-12-02 02:09:06` (Space-Track, SWPC): the blank is a T. */
    if (field->kind == FIELD_TIME && n > 10 && (text[10] == ' ' || text[8] == ' ')) {
        if (f->style == FILL_CCSDS && fill_tolerate(f, WHY_FIELD_TIME, at, field->keyword,
                                                    "a blank between date and time: expected T") != 0)
            return -1;
        text[text[10] == ' ' ? 10 : 8] = 'T';
    }
    if (field->kind != FIELD_PATH || strchr(text, ' ') == NULL)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != ' ')
            text[kept++] = text[i];
    }
    text[kept] = 0;
    return fill_tolerate(f, WHY_FIELD_VALUE, at, field->keyword, "blanks: expected 1,2,1");
}

/* The text that is kept for ${value}, which becomes as long as that. NULL with why. */
static char *
keep(struct fill *f, const struct field *field, struct span *whole, struct place at)
{
    struct span value = *whole;
    struct span word = field->kind == FIELD_WORD ? fieldmap_word(field, value) : span_of(NULL, 0);
    char *copy = fill_copy(f, word.p != NULL ? word : value);

    if (copy == NULL) {
        fill_full(f, at);
        return NULL;
    }
    if (fill_value_spell(f, field, copy, at) != 0)
        return NULL;
    if (field->kind == FIELD_WORD && word.p == NULL && (field->flags & FIELD_OPEN) &&
        fill_tolerate(f, WHY_FIELD_VALUE, at, field->keyword, "not a word of the standard: expected %s",
                      field->words) != 0)
        return NULL;
    whole->n = word.p != NULL ? word.n : value.n;
    return copy;
}

/* A value that is there. */
static int
store(struct fill *f, const struct field *field, struct span value, struct place at)
{
    ProtobufCMessage *part = f->object[f->part];
    struct span kept = value;
    char *copy = keep(f, field, &kept, at);
    uint64_t count = 0;

    if (copy == NULL)
        return -1;
    if (memchr(value.p, 0, value.n) != NULL)
        return why_set(f->why, WHY_TEXT_ENCODING, at.line, at.column, field->keyword,
                       "a control character: expected printable text");
    kept.p = (const uint8_t *)copy;
    if (fieldmap_check_value(field, kept, f->why, at.line, at.column) != 0)
        return -1;
    if (f->style == FILL_CCSDS && field->kind == FIELD_REAL && note_number(f, field, value, at) != 0)
        return -1;
    if (field->kind != FIELD_COUNT) {
        memcpy((char *)part + field->offset, &copy, sizeof copy);
        return 0;
    }
    if (*copy == '+')
        kept = span_of(kept.p + 1, kept.n - 1);
    if (num_uint(kept, UINT64_MAX, &count) != 0)
        return why_set(f->why, WHY_FIELD_NUMBER, at.line, at.column, field->keyword,
                       "not a number: expected digits");
    memcpy((char *)part + field->offset, &count, sizeof count);
    return 0;
}

bool
fill_value_is_nothing(const struct field *field, struct span value)
{
    return value.n == 0 || (is_number(field) && (is_nan(value) || is_unavailable(value)));
}

int
fill_value_put(struct fill *f, const struct field *field, struct span value, struct span unit,
               struct place at)
{
    if (fill_value_is_nothing(field, value))
        return take_nothing(f, field, at, value);
    if (check_unit(f, field, unit, at) != 0)
        return -1;
    return store(f, field, value, at);
}
