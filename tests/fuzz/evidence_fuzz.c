/* Texts of contradictions: whatever is read prints as it was read. */
#include "core/evidence.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evidence e;
    struct why why = {.code = WHY_NONE};
    struct buf text;

    if (evidence_parse(span_of(data, size), "0123456789abcdef0123456789abcdef", &e, &why) != 0) {
        if (why.code == WHY_NONE)
            abort();
        return 0;
    }
    buf_init(&text, EVIDENCE_TEXT_BYTES);
    evidence_print(&e, "0123456789abcdef0123456789abcdef", &text);
    if (!span_equal(buf_span(&text), span_of(data, size)))
        abort();
    buf_release(&text);
    return 0;
}
