#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"

struct row {
    const char *name;
    const char *text;
    enum blame blame;
    enum effect effect;
};

static const struct row rows[WHY_COUNT] = {
#define WHY(name, blame, effect, text) {#name, text, BLAME_##blame, EFFECT_##effect},
#include "base/why.tbl"
#undef WHY
};

static const char *const blames[] = {"nobody", "sender", "origin", "user"};
static const char *const effects[] = {"none", "drop", "quarantine", "freeze", "end_session"};

/* Codes come from the wire as numbers: any value is allowed here. */
static const struct row *
find(enum why_code code)
{
    static const struct row unknown = {"?", "a reason that this version does not know", BLAME_NOBODY,
                                       EFFECT_NONE};

    return (unsigned)code < WHY_COUNT ? &rows[code] : &unknown;
}

const char *
why_name(enum why_code code)
{
    return find(code)->name;
}

const char *
why_text(enum why_code code)
{
    return find(code)->text;
}

enum blame
why_blame(enum why_code code)
{
    return find(code)->blame;
}

enum effect
why_effect(enum why_code code)
{
    return find(code)->effect;
}

const char *
blame_name(enum blame blame)
{
    return (unsigned)blame < sizeof blames / sizeof *blames ? blames[blame] : "?";
}

const char *
effect_name(enum effect effect)
{
    return (unsigned)effect < sizeof effects / sizeof *effects ? effects[effect] : "?";
}

void
why_clear(struct why *why)
{
    *why = (struct why){.code = WHY_NONE};
}

/* Callers quote; this is the second net: a caller that forgot must not get a control byte into a log or a
 * page. */
static void
sanitise(char *s)
{
    for (char *p = s; *p != 0; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    s[text_utf8_prefix(span_str(s))] = 0; /* snprintf may have cut a character */
}

int
why_set(struct why *why, enum why_code code, uint32_t line, uint32_t column, const char *field,
        const char *fmt, ...)
{
    va_list args;

    if (why == NULL || why->code != WHY_NONE)
        return -1;
    why->code = code;
    why->line = line;
    why->column = column;
    (void)snprintf(why->field, sizeof why->field, "%s", field != NULL ? field : "");
    va_start(args, fmt);
    if (vsnprintf(why->note, sizeof why->note, fmt, args) < 0)
        why->note[0] = 0;
    va_end(args);
    sanitise(why->field);
    sanitise(why->note);
    return -1;
}

void
why_print(const struct why *why, const char *file, struct buf *out)
{
    if (file != NULL && *file != 0)
        buf_put_fmt(out, "%s:", file);
    if (why->line > 0)
        buf_put_fmt(out, "%u:", (unsigned)why->line);
    if (why->line > 0 && why->column > 0)
        buf_put_fmt(out, "%u:", (unsigned)why->column);
    if ((file != NULL && *file != 0) || why->line > 0)
        buf_put_byte(out, ' ');
    if (why->field[0] != 0)
        buf_put_fmt(out, "%s: ", why->field);
    buf_put_str(out, why->note[0] != 0 ? why->note : why_text(why->code));
}
