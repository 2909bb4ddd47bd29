#include "syntax/place.h"

#include "base/text.h"

void
place_init(struct places *p, struct span text)
{
    *p = (struct places){.text = text, .line = 1};
}

/* Count the line end at ${at}, if there is one. */
static void
count(struct places *p, size_t at)
{
    const uint8_t *text = p->text.p;

    if (text[at] == '\r' && at + 1 < p->text.n && text[at + 1] == '\n')
        return; /* the LF counts */
    if (text[at] != '\r' && text[at] != '\n')
        return;
    p->line++;
    p->line_start = at + 1;
}

struct place
place_of(struct places *p, size_t offset)
{
    if (offset > p->text.n)
        offset = p->text.n;
    if (offset < p->line_start)
        place_init(p, p->text);
    for (size_t at = p->offset; at < offset; at++) {
        at += text_plain_prefix(span_of(p->text.p + at, offset - at));
        if (at < offset)
            count(p, at);
    }
    if (offset > p->offset)
        p->offset = offset;
    return (struct place){p->line, (uint32_t)(offset - p->line_start) + 1};
}
