#include "cli/verify_alert.h"

#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/alert_signature.h"
#include "core/object.h"
#include "cli/screen.h"
#include "syntax/xml.h"
#include "types/registry.h"

bool
verify_alert_is(struct span file)
{
    struct span name;

    return xml_sniff(file.n > 4096 ? span_of(file.p, 4096) : file, &name, 1) == 1 && span_is(name, "alert");
}

static int
summarise(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)why;
    type->summary(msg, cookie);
    return 0;
}

static int
report(const struct args *a, const char *signer, struct buf *summary)
{
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    if (args_has(a, "json")) {
        object_open(&out, NULL);
        object_bool(&out, "valid", true);
        object_str(&out, "signer", signer);
        object_str(&out, "alert", buf_cstr(summary));
        object_close(&out);
        buf_put_byte(&out, '\n');
    } else {
        buf_put_fmt(&out, "%sIt holds.%s\nalert     %s\nsigned by ", screen_tone(stdout, TONE_GOOD),
                    screen_tone(stdout, TONE_PLAIN), buf_cstr(summary));
        text_quote(&out, span_str(signer), ALERT_SIGNER_MAX);
        buf_put_byte(&out, '\n');
    }
    screen_flush(&out);
    buf_release(&out);
    return EXIT_DONE;
}

int
verify_alert(const struct args *a, struct span file)
{
    const char *path = a->at[0];
    const struct convert how = {0};
    char signer[ALERT_SIGNER_MAX];
    struct buf summary;
    struct why why;
    int status;

    if (!args_has(a, "trust"))
        return args_usage(a, "%.64s is a public alert: expected --trust FILE, certificates that are believed",
                          path);
    why_clear(&why);
    buf_init(&summary, LIMIT_LINE_BYTES);
    if (registry_read(file, "cap", &how, summarise, &summary, &why) == 0 &&
        alert_signature_check(file, args_get(a, "trust"), signer, &why) == 0) {
        status = report(a, signer, &summary);
    } else {
        status = args_refuse(&why, path);
        fprintf(stderr, "%sIt does not hold: nothing in it is proved.%s\n", screen_tone(stderr, TONE_BAD),
                screen_tone(stderr, TONE_PLAIN));
    }
    buf_release(&summary);
    return status;
}
