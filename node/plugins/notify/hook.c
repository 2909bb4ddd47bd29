#include "plugins/notify/hook.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "base/text.h"
#include "plugins/notify/mail.h"

static void
put_member(struct buf *out, const char *name, struct span text)
{
    buf_put_fmt(out, "%s\"%s\":", out->p[out->n - 1] == '{' ? "" : ",", name);
    text_json(out, text);
}

void
hook_body(const struct config *c, struct book_page *page, struct buf *out)
{
    const struct item *item = &page->item;
    struct buf subject;

    buf_init(&subject, 2 * ITEM_LINE_MAX);
    mail_subject(c, &page, 1, &subject);
    buf_put_str(out, "{");
    put_member(out, "id", span_str(item->id));
    put_member(out, "mode", span_str(item->mode));
    put_member(out, "type", span_str(item->type));
    put_member(out, "origin", span_str(item->origin));
    put_member(out, "level", span_str(item->level));
    put_member(out, "state", span_str(item->state));
    put_member(out, "subject", buf_span(&subject));
    put_member(out, "headline", span_str(item->headline));
    put_member(out, "text", span_str(item->text));
    buf_put_byte(out, '}');
    buf_release(&subject);
}

int
hook_sign(const char *secret, int64_t timestamp_s, const char *delivery, struct span body,
          char out[HOOK_SIGNATURE_MAX])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf all;
    bool good;

    buf_init(&all, body.n + 2 * (size_t)ITEM_ID_MAX);
    buf_put_fmt(&all, "%" PRId64 ".%s.", timestamp_s, delivery);
    buf_put_span(&all, body);
    good = !buf_failed(&all) &&
           HMAC(EVP_sha256(), secret, (int)strlen(secret), all.p, all.n, mac, &n) != NULL && n == 32;
    buf_release(&all);
    if (!good)
        return -1;
    memcpy(out, "sha256=", 7);
    text_hex_of(mac, n, out + 7);
    return 0;
}
