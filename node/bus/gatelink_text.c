/* The payloads of gatelink messages: bytes and texts, each text with one length byte before it. Pure. */
#include "bus/gatelink.h"

/* The unread rest of a payload; reading past the end sets ${bad}, and yields zeros. */
struct rest {
    const uint8_t *p;
    size_t n;
    bool bad;
};

static uint8_t
get_byte(struct rest *r)
{
    if (r->n == 0) {
        r->bad = true;
        return 0;
    }
    r->n--;
    return *r->p++;
}

static void
get_bytes(struct rest *r, void *out, size_t n)
{
    if (r->n < n) {
        r->bad = true;
        memset(out, 0, n);
        return;
    }
    memcpy(out, r->p, n);
    r->p += n;
    r->n -= n;
}

/* A text without NUL into ${room} bytes. */
static void
get_text(struct rest *r, char *out, size_t room)
{
    size_t n = get_byte(r);

    out[0] = 0;
    if (n >= room || n > r->n) {
        r->bad = true;
        return;
    }
    get_bytes(r, out, n);
    out[n] = 0;
    r->bad |= memchr(out, 0, n) != NULL;
}

static void
put_text(struct buf *out, const char *s)
{
    buf_put_byte(out, (uint8_t)strlen(s));
    buf_put_str(out, s);
}

static int
ended(const struct rest *r)
{
    return r->bad || r->n > 0 ? -1 : 0;
}

static enum gatelink_lane
get_lane(struct rest *r)
{
    uint8_t lane = get_byte(r);

    r->bad |= lane > GATELINK_BULK;
    return r->bad ? GATELINK_ANY : (enum gatelink_lane)lane;
}

void
gatelink_write_up(const struct gatelink_up *up, struct buf *out)
{
    buf_put_byte(out, up->dialled);
    buf_put_byte(out, (uint8_t)up->lane);
    put_text(out, up->peer);
}

int
gatelink_read_up(struct span s, struct gatelink_up *up)
{
    struct rest r = {s.p, s.n, false};
    uint8_t dialled = get_byte(&r);

    r.bad |= dialled > 1;
    up->dialled = dialled == 1;
    up->lane = get_lane(&r);
    get_text(&r, up->peer, sizeof up->peer);
    return ended(&r);
}

void
gatelink_write_dial(const struct gatelink_dial *dial, struct buf *out)
{
    buf_put_byte(out, (uint8_t)dial->lane);
    put_text(out, dial->peer);
}

int
gatelink_read_dial(struct span s, struct gatelink_dial *dial)
{
    struct rest r = {s.p, s.n, false};

    dial->lane = get_lane(&r);
    get_text(&r, dial->peer, sizeof dial->peer);
    return dial->lane == GATELINK_ANY ? -1 : ended(&r);
}

void
gatelink_write_refused(const struct gatelink_refused *refused, struct buf *out)
{
    buf_put_be16(out, (uint16_t)refused->why);
    buf_put_be32(out, refused->count);
    put_text(out, refused->peer);
}

int
gatelink_read_refused(struct span s, struct gatelink_refused *refused)
{
    struct rest r = {s.p, s.n, false};
    unsigned why = 0, count = 0;

    for (int i = 0; i < 2; i++)
        why = why << 8 | get_byte(&r);
    for (int i = 0; i < 4; i++)
        count = count << 8 | get_byte(&r);
    get_text(&r, refused->peer, sizeof refused->peer);
    refused->count = count;
    refused->why = why < WHY_COUNT ? (enum why_code)why : WHY_NONE;
    return why >= WHY_COUNT ? -1 : ended(&r);
}

void
gatelink_write_peers(const struct gatelink_peers *peers, struct buf *out)
{
    put_text(out, peers->name);
    put_text(out, peers->listen);
    for (unsigned i = 0; i < peers->peers_n; i++) {
        const struct gatelink_peer *peer = &peers->peer[i];

        put_text(out, peer->name);
        put_text(out, peer->endpoint);
        buf_put_byte(out, (uint8_t)peer->keys_n);
        buf_put(out, peer->key, peer->keys_n * (size_t)GATELINK_KEY_BYTES);
    }
}

int
gatelink_read_peers(struct span s, struct gatelink_peers *peers)
{
    struct rest r = {s.p, s.n, false};

    *peers = (struct gatelink_peers){.peers_n = 0};
    get_text(&r, peers->name, sizeof peers->name);
    get_text(&r, peers->listen, sizeof peers->listen);
    while (r.n > 0 && !r.bad) {
        struct gatelink_peer *peer = &peers->peer[peers->peers_n];

        if (peers->peers_n == LIMIT_MEMBER_COUNT)
            return -1;
        get_text(&r, peer->name, sizeof peer->name);
        get_text(&r, peer->endpoint, sizeof peer->endpoint);
        peer->keys_n = get_byte(&r);
        if (peer->keys_n > LIMIT_KEY_COUNT)
            return -1;
        get_bytes(&r, peer->key, peer->keys_n * (size_t)GATELINK_KEY_BYTES);
        peers->peers_n++;
    }
    return ended(&r);
}
