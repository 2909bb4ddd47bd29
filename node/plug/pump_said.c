/* What a plugin says on its standard error becomes events, a few a second. The plug role's thread. */
#include "plug/pump_internal.h"

#include "base/log.h"
#include "base/text.h"

static void
tell(struct pump *p)
{
    struct pump_said *s = &p->said;
    struct buf quoted;

    buf_init(&quoted, 4 * LIMIT_PLUGIN_SAID_BYTES + 8);
    text_quote(&quoted, span_of(s->line, s->n), LIMIT_PLUGIN_SAID_BYTES);
    if (s->unlogged > 0)
        log_event(EV_plugin_said, "plugin=%s line=%s unlogged=%u", p->name, buf_cstr(&quoted), s->unlogged);
    else
        log_event(EV_plugin_said, "plugin=%s line=%s", p->name, buf_cstr(&quoted));
    s->unlogged = 0;
    buf_release(&quoted);
}

static void
end_line(struct pump *p, struct pump_now now)
{
    struct pump_said *s = &p->said;

    p->lines++;
    if (s->second != now.mono_ms / 1000) {
        s->second = now.mono_ms / 1000;
        s->logged = 0;
    }
    if (s->logged < LIMIT_PLUGIN_SAID_COUNT) {
        s->logged++;
        tell(p);
    } else {
        s->unlogged++;
    }
    s->n = 0;
}

void
pump_said_feed(struct pump *p, struct span bytes, struct pump_now now)
{
    struct pump_said *s = &p->said;

    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\n')
            end_line(p, now);
        else if (s->n < sizeof s->line)
            s->line[s->n++] = (char)bytes.p[i];
    }
}

void
pump_said_end(struct pump *p, struct pump_now now)
{
    if (p->said.n > 0)
        end_line(p, now);
}
