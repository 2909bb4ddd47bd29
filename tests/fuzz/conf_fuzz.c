/* Configuration files: any bytes are refused with a place, or give a configuration whose dump reads back as the same. */
#include "conf/conf.h"
#include "base/limit.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf, again;
    struct why why;
    struct buf text;

    why_clear(&why);
    if (conf_read(span_of(data, size), &conf, &why) != 0) {
        assert(why.code != WHY_NONE);
        return 0;
    }
    buf_init(&text, LIMIT_CONF_BYTES);
    conf_dump(&conf, &text);
    assert(!buf_failed(&text) && conf_read(buf_span(&text), &again, &why) == 0);
    assert(memcmp(&conf, &again, sizeof(conf)) == 0);
    buf_release(&text);
    return 0;
}
