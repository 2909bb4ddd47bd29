#include "types/fieldmap.h"

#include <stdio.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"

#define INT_MAX_TEXT 2147483647 /* 502.0-B-3 section 7.5.5: integers of KVN are 32 bits, signed */

int
fieldmap_check_text(const char *keyword, struct span value, size_t max, struct why *why, uint32_t line,
                    uint32_t column)
{
    size_t prefix;

    if (value.n > max)
        return why_set(why, WHY_TEXT_LIMIT, line, column, keyword, "%zu bytes: expected at most %zu", value.n,
                       max);
    if (text_plain_prefix(value) == value.n)
        return 0;
    prefix = text_utf8_prefix(value);
    if (prefix < value.n)
        return why_set(why, WHY_TEXT_ENCODING, line, column, keyword, "not UTF-8 after %zu bytes", prefix);
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        bool is_c1 = c == 0xC2 && i + 1 < value.n && value.p[i + 1] < 0xA0; /* U+0080..U+009F */

        if (c < 0x20 || c == 0x7F || is_c1)
            return why_set(why, WHY_TEXT_ENCODING, line, column, keyword,
                           "a control character: expected printable text");
    }
    return 0;
}

/* What is wrong, with the value quoted. */
static int
refuse(enum why_code code, const struct field *field, struct span value, const char *expected,
       struct why *why, uint32_t line, uint32_t column)
{
    struct buf quoted;

    buf_init(&quoted, 256);
    text_quote(&quoted, value, 40);
    why_set(why, code, line, column, field->keyword, "%s: expected %s", buf_cstr(&quoted), expected);
    buf_release(&quoted);
    return -1;
}

/* "0 to 180", "0 to less than 1", "more than 0", "at most 5" */
static void
describe_range(const struct field *field, char out[80])
{
    const char *above = field->flags & FIELD_ABOVE ? "more than " : "";
    const char *below = field->flags & FIELD_BELOW ? "less than " : "";

    if (field->min != NULL && field->max != NULL)
        (void)snprintf(out, 80, "%s%s to %s%s", above, field->min, below, field->max);
    else if (field->min != NULL)
        (void)snprintf(out, 80, "%s%s", *above != 0 ? above : "at least ", field->min);
    else
        (void)snprintf(out, 80, "%s%s", *below != 0 ? below : "at most ", field->max);
}

/* The value of a bound: nearly all are small whole numbers. */
static int
bound_value(const char *bound, double *out)
{
    bool is_below = *bound == '-';
    const char *p = bound + is_below;
    int v = 0;

    for (; *p >= '0' && *p <= '9' && v < 100000; p++)
        v = 10 * v + *p - '0';
    *out = is_below ? -v : v;
    return *p == 0 ? 0 : num_double(span_str(bound), out);
}

/* As num_compare(). Rounding keeps the order: only what ${view} cannot tell apart is looked at digit by digit. */
static int
compare(struct span value, double view, const char *bound)
{
    double b = 0;

    if (bound_value(bound, &b) == 0 && view != b)
        return view < b ? -1 : 1;
    return num_compare(value, span_str(bound));
}

/* ${view}: the value as a double. */
static int
check_range(const struct field *field, struct span value, double view, struct why *why, uint32_t line,
            uint32_t column)
{
    int low = field->min != NULL ? compare(value, view, field->min) : 1;
    int high = field->max != NULL ? compare(value, view, field->max) : -1;
    char expected[80];

    if (low >= !!(field->flags & FIELD_ABOVE) && high <= -!!(field->flags & FIELD_BELOW))
        return 0;
    describe_range(field, expected);
    return refuse(WHY_FIELD_RANGE, field, value, expected, why, line, column);
}

static uint8_t
upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

struct span
fieldmap_word(const struct field *field, struct span value)
{
    const char *word = field->words;

    while (word != NULL && *word != 0) {
        size_t i = 0;

        for (; i < value.n && word[i] != 0 && word[i] != '|'; i++) {
            uint8_t c = upper(value.p[i]);

            if (c != upper((uint8_t)word[i]) && !(c == '_' && word[i] == ' '))
                break;
        }
        if (i == value.n && (word[i] == 0 || word[i] == '|'))
            return span_of(word, i);
        while (word[i] != 0 && word[i] != '|')
            i++;
        word += i + (word[i] == '|');
    }
    return span_of(NULL, 0);
}

static int
check_word(const struct field *field, struct span value, struct why *why, uint32_t line, uint32_t column)
{
    struct span word = fieldmap_word(field, value);

    if (word.p != NULL && span_equal(word, value))
        return 0;
    if (field->flags & FIELD_OPEN)
        return fieldmap_check_text(field->keyword, value, LIMIT_NAME_BYTES, why, line, column);
    return refuse(WHY_FIELD_VALUE, field, value, field->words, why, line, column);
}

static int
check_integer(const struct field *field, struct span value, struct why *why, uint32_t line, uint32_t column)
{
    int64_t n;

    if (value.n > LIMIT_DIGITS_COUNT || num_int(value, -(int64_t)INT_MAX_TEXT - 1, INT_MAX_TEXT, &n) != 0)
        return refuse(WHY_FIELD_NUMBER, field, value, "an integer", why, line, column);
    return check_range(field, value, (double)n, why, line, column);
}

static int
check_real(const struct field *field, struct span value, struct why *why, uint32_t line, uint32_t column)
{
    double view;

    if (value.n > LIMIT_DIGITS_COUNT)
        return why_set(why, WHY_TEXT_LIMIT, line, column, field->keyword,
                       "a number of %zu characters: expected at most %d", value.n, LIMIT_DIGITS_COUNT);
    if (num_double(value, &view) != 0)
        return refuse(WHY_FIELD_NUMBER, field, value, "a decimal number", why, line, column);
    return check_range(field, value, view, why, line, column);
}

/* ${min} and ${max} count its numbers. */
static int
check_vector(const struct field *field, struct span value, struct why *why, uint32_t line, uint32_t column)
{
    uint64_t least = 1, most = UINT64_MAX, n = 0;
    size_t i = 0;
    double view;

    while (i < value.n) {
        size_t start = i;

        while (i < value.n && value.p[i] != ' ')
            i++;
        if (i - start > LIMIT_DIGITS_COUNT || num_double(span_of(value.p + start, i - start), &view) != 0)
            return refuse(WHY_FIELD_NUMBER, field, value, "decimal numbers with blanks between them", why,
                          line, column);
        n++;
        while (i < value.n && value.p[i] == ' ')
            i++;
    }
    (void)num_uint(span_str(field->min), UINT64_MAX, &least);
    if (field->max != NULL)
        (void)num_uint(span_str(field->max), UINT64_MAX, &most);
    if (n >= least && n <= most)
        return 0;
    return why_set(why, WHY_FIELD_NUMBER, line, column, field->keyword, "%zu numbers: expected %s", (size_t)n,
                   field->max != NULL ? field->max : field->min);
}

/* 503.0-B-2 table 3-3: PATH. */
static bool
is_path(struct span value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (i % 2 == 0 ? value.p[i] < '1' || value.p[i] > '5' : value.p[i] != ',')
            return false;
    }
    return value.n >= 3 && value.n % 2 == 1;
}

int
fieldmap_check_value(const struct field *field, struct span value, struct why *why, uint32_t line,
                     uint32_t column)
{
    struct utc t;

    if ((field->flags & FIELD_FORM) != 0 && value.p[0] == '<' && value.p[value.n - 1] == '>')
        return refuse(WHY_FIELD_VALUE, field, value, "a value: the form is not filled in here", why, line,
                      column);
    switch ((enum field_kind)field->kind) {
    case FIELD_WORD:
        return check_word(field, value, why, line, column);
    case FIELD_REAL:
        return check_real(field, value, why, line, column);
    case FIELD_INT:
    case FIELD_COUNT:
        return check_integer(field, value, why, line, column);
    case FIELD_TAG:
        if (num_is_decimal(value))
            return check_real(field, value, why, line, column);
        __attribute__((fallthrough));
    case FIELD_TIME:
        if (value.n > LIMIT_NAME_BYTES || utc_parse(value, &t) != 0)
            return refuse(WHY_FIELD_TIME, field, value, "YYYY-MM-DDThh:mm:ss[.d...], a time that exists", why,
                          line, column);
        return 0;
    case FIELD_VECTOR:
        if (check_vector(field, value, why, line, column) != 0)
            return -1;
        break;
    case FIELD_PATH:
        if (!is_path(value))
            return refuse(WHY_FIELD_VALUE, field, value, "numbers of participants with commas, such as 1,2,1",
                          why, line, column);
        break;
    case FIELD_TEXT:
        break;
    }
    return fieldmap_check_text(field->keyword, value, LIMIT_TEXT_BYTES, why, line, column);
}

/* Does any field of ${block} stand in ${part}? */
static bool
has_any(const struct fieldmap *map, const ProtobufCMessage *part, unsigned block)
{
    for (size_t i = 0; i < map->count; i++) {
        if (map->field[i].block == block && fieldmap_is_given(&map->field[i], part))
            return true;
    }
    return false;
}

/* ${is_read}: each value has been looked at. */
static int
check_fields(const struct fieldmap *map, const ProtobufCMessage *part, bool object, bool is_read,
             struct why *why)
{
    size_t absent = map->block_count; /* an optional block that is known not to be there */

    for (size_t i = 0; i < map->count; i++) {
        const struct field *field = &map->field[i];
        const struct field_block *block = &map->block[field->block];
        char number[FIELDMAP_NUMBER_MAX];
        struct span value;

        if ((is_read && !(field->flags & FIELD_MUST)) || (block->part == 1) != object)
            continue;
        if (is_read && fieldmap_is_given(field, part))
            continue;
        value = fieldmap_get(field, part, number);
        if (value.n > 0 && fieldmap_check_value(field, value, why, 0, 0) != 0)
            return -1;
        if (value.n > 0 || !(field->flags & FIELD_MUST) || field->block == absent)
            continue;
        if (block->is_optional && !has_any(map, part, field->block))
            absent = field->block;
        else
            return why_set(why, WHY_FIELD_MISSING, 0, 0, field->keyword, "missing: it is mandatory");
    }
    return 0;
}

static bool
is_block(const struct fieldmap *map, const char *name, bool object)
{
    for (size_t b = 0; b < map->block_count; b++) {
        if (!map->block[b].is_quiet && (map->block[b].part == 1) == object &&
            strcmp(map->block[b].name, name) == 0)
            return true;
    }
    return false;
}

static int
check_notes(const struct fieldmap *map, const ProtobufCMessage *part, bool object, struct why *why)
{
    Parallax__V1__Comment **comment;
    Parallax__V1__Keyword **extra;
    size_t n_comments = fieldmap_comments(map, part, object, &comment);
    size_t n_extras = fieldmap_extras(map, part, object, &extra);

    if (n_comments > FIELDMAP_NOTES_MAX || n_extras > FIELDMAP_NOTES_MAX)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL,
                       "more than %d comments or keywords outside the standard", FIELDMAP_NOTES_MAX);
    for (size_t i = 0; i < n_comments; i++) {
        if (!is_block(map, comment[i]->block, object))
            return why_set(why, WHY_FIELD_VALUE, 0, 0, "COMMENT", "stands in no block of the message");
        if (fieldmap_check_text("COMMENT", span_str(comment[i]->text), LIMIT_VALUE_BYTES, why, 0, 0) != 0)
            return -1;
    }
    for (size_t i = 0; i < n_extras; i++) {
        struct span name = span_str(extra[i]->name);

        if (fieldmap_check_name(name, why, 0, 0) != 0 ||
            fieldmap_check_text(extra[i]->name, span_str(extra[i]->value), LIMIT_VALUE_BYTES, why, 0, 0) != 0)
            return -1;
        if (*extra[i]->value == 0)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, extra[i]->name,
                           "empty: expected a value, or nothing");
        for (size_t j = 0; j < i; j++) {
            if (strcmp(extra[i]->name, extra[j]->name) == 0)
                return why_set(why, WHY_FIELD_DUPLICATE, 0, 0, extra[i]->name, "occurs twice");
        }
    }
    return 0;
}

int
fieldmap_check_name(struct span name, struct why *why, uint32_t line, uint32_t column)
{
    bool is_plain = name.n > 0 && name.n <= LIMIT_NAME_BYTES;

    for (size_t i = 0; is_plain && i < name.n; i++)
        is_plain = name.p[i] > 0x20 && name.p[i] < 0x7F && strchr("=\"<>&", name.p[i]) == NULL;
    if (is_plain)
        return 0;
    return why_set(
        why, WHY_FIELD_UNKNOWN, line, column, NULL,
        "a keyword outside the standard: expected 1 to %d printable characters without blanks and = \" < > &",
        LIMIT_NAME_BYTES);
}

/* The version is one that this map reads: x.y with a known x (502.0-B-3 section 4.2.2). */
static int
check_version(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why)
{
    char number[FIELDMAP_NUMBER_MAX];

    if (map->majors == NULL)
        return 0;
    return fieldmap_check_version(map, fieldmap_get(&map->field[0], msg, number), why, 0, 0);
}

int
fieldmap_check_version(const struct fieldmap *map, struct span value, struct why *why, uint32_t line,
                       uint32_t column)
{
    char known[40] = "";
    size_t n = 0;
    bool is_known =
        value.n >= 3 && value.n <= 6 && value.p[1] == '.' && strchr(map->majors, value.p[0]) != NULL;

    for (size_t i = 2; is_known && i < value.n; i++)
        is_known = value.p[i] >= '0' && value.p[i] <= '9';
    if (is_known && value.p[0] != 0)
        return 0;
    for (const char *m = map->majors; *m != 0; m++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%c.0",
                              m == map->majors ? ""
                              : m[1] != 0      ? ", "
                                               : " or ",
                              *m);
    return refuse(WHY_VERSION, &map->field[0], value, known, why, line, column);
}

static bool
is_of_map(const struct fieldmap *map, size_t offset)
{
    if (offset == map->source)
        return true;
    for (size_t i = 0; i < map->count; i++) {
        if (map->block[map->field[i].block].part == 0 && map->field[i].offset == offset)
            return true;
    }
    for (unsigned i = 1; i < fieldmap_parts(map); i++) {
        if (map->object[i] == offset)
            return true;
    }
    return (map->part[0].comments != 0 && map->part[0].comments == offset) ||
           (map->part[0].extras != 0 && map->part[0].extras == offset);
}

int
fieldmap_check_alone(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why)
{
    const ProtobufCMessageDescriptor *schema = msg->descriptor;

    for (unsigned i = 0; i < schema->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &schema->fields[i];
        const char *member = (const char *)msg + field->offset;
        const void *pointer;
        bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED, is_given;

        if (is_of_map(map, field->offset) ||
            (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE))
            continue;
        memcpy(&pointer, member, sizeof pointer);
        if (is_list)
            is_given = *(const size_t *)((const char *)msg + field->quantifier_offset) > 0;
        else
            is_given =
                pointer != NULL && (field->type == PROTOBUF_C_TYPE_MESSAGE || *(const char *)pointer != 0);
        if (is_given)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, field->name, "not of this form: expected nothing");
    }
    return 0;
}

int
fieldmap_check_source(const Parallax__V1__Source *source, struct why *why)
{
    if (source == NULL || source->original.len == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "source",
                       "missing: a record holds the bytes that it was read from");
    if (!text_is_word(span_str(source->format)))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "source", "its format is no format word");
    return 0;
}

static int
check_all(const struct fieldmap *map, const ProtobufCMessage *msg, bool is_read, struct why *why)
{
    const Parallax__V1__Source *source;

    if (check_version(map, msg, why) != 0)
        return -1;
    for (unsigned i = 0; i < fieldmap_parts(map); i++) {
        const ProtobufCMessage *part = fieldmap_part(map, msg, i);

        if (part == NULL)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, map->object_word[i],
                           "missing: both objects are mandatory");
        if (check_fields(map, part, i > 0, is_read, why) != 0 || check_notes(map, part, i > 0, why) != 0)
            return -1;
    }
    memcpy(&source, (const char *)msg + map->source, sizeof source);
    return fieldmap_check_source(source, why);
}

int
fieldmap_check(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why)
{
    return check_all(map, msg, false, why);
}

int
fieldmap_check_read(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why)
{
    return check_all(map, msg, true, why);
}
