#include "syntax/fixcol.h"

#include "base/text.h"

struct span
fixcol(struct span line, unsigned from, unsigned to)
{
    size_t start = from - 1;

    if (line.n <= start)
        return span_of(line.p + line.n, 0);
    return span_of(line.p + start, (to < line.n ? to : line.n) - start);
}

struct span
fixcol_trim(struct span line, unsigned from, unsigned to)
{
    return text_trim(fixcol(line, from, to));
}

uint8_t
fixcol_at(struct span line, unsigned at)
{
    return at <= line.n ? line.p[at - 1] : ' ';
}

uint32_t
fixcol_column(struct span line, struct span part)
{
    return (uint32_t)(part.p - line.p) + 1;
}
