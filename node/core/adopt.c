/*
 * The roster between nodes: asking for versions that a peer holds and we do not, giving what we hold, taking a version
 * that follows from ours (DESIGN section 6). What is taken is stored by the adapter, which then starts a node with it:
 * a node never changes its roster while it runs. Pure.
 */
#include "core/node_internal.h"
#include <stdio.h>

#define NOTES_MAX 16   /* in one answer: who lacks more asks again */
#define ASK_MS    1000 /* between two requests on one session, to us and from us */

static void
send_roster(struct node *n, struct link *l, uint64_t from, struct span note)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Roster r = PARALLAX__V1__ROSTER__INIT;

    r.from = from;
    r.note = (ProtobufCBinaryData){note.n, (uint8_t *)(uintptr_t)note.p};
    f.body_case = PARALLAX__V1__FRAME__BODY_ROSTER;
    f.roster = &r;
    session_send(n, l, &f);
}

static const struct roster *
newest(const struct node *n)
{
    return n->next_roster != NULL ? n->next_roster : n->roster;
}

/* Each note that comes back costs some signatures: a member that greets without end is asked once a second. */
static void
ask(struct node *n, struct link *l, uint64_t from)
{
    if (n->peer[l->member].roster_ask_ms != 0 && n->mono - n->peer[l->member].roster_ask_ms < ASK_MS)
        return;
    n->peer[l->member].roster_ask_ms = n->mono;
    l->roster_asked = true;
    l->roster_left = NOTES_MAX;
    l->roster_ask_ms = n->mono;
    send_roster(n, l, from, span_of(NULL, 0));
}

void
adopt_greeted(struct node *n, struct link *l, const Parallax__V1__Hello *h)
{
    l->roster_version = h->roster_version;
    l->roster_differs = h->roster_version == n->roster->version && h->roster_hash.len == HASH_BYTES &&
                        memcmp(h->roster_hash.data, n->roster->hash, HASH_BYTES) != 0;
    if (h->roster_version > n->roster->version)
        ask(n, l, n->roster->version + 1);
    else if (l->roster_differs)
        ask(n, l, n->roster->version); /* another one of our version: two successors, if it is signed */
}

void
adopt_tick(struct node *n)
{
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        bool rival = l->roster_differs && !n->roster_contested && n->next_roster == NULL;
        /* The first answer may have been lost with a connection that another one replaced. */
        if (l->state == LINK_OPEN && (rival || l->roster_version > newest(n)->version) &&
            n->mono - l->roster_ask_ms >= HELLO_EVERY_MS * 10)
            ask(n, l, rival ? n->roster->version : newest(n)->version + 1);
    }
}

static void
give(struct node *n, struct link *l, uint64_t from)
{
    struct span note;

    if (n->conf.view.note == NULL || from == 0 ||
        (l->roster_given_ms != 0 && n->mono - l->roster_given_ms < ASK_MS))
        return;
    l->roster_given_ms = n->mono;
    for (uint64_t k = 0; k < NOTES_MAX && n->conf.view.note(n->conf.view.cookie, from + k, &note) == 0; k++)
        send_roster(n, l, from + k, note);
}

/* Two valid successors of one version: the stewards must settle it. We stay on the one that we have. */
static void
contested(struct node *n, const struct link *l, const struct roster *r, struct why *why)
{
    char hex[2 * HASH_BYTES + 1];

    text_hex_of(r->hash, HASH_BYTES, hex);
    if (!n->roster_contested)
        action_event(n, EV_roster_contested, "version=%llu hash=%s peer=%s", (unsigned long long)r->version,
                     hex, l->peer);
    n->roster_contested = true;
    why_set(why, WHY_ROSTER_CHAIN, 0, 0, "version",
            "another version %llu is validly signed as well: this node stays on the one that it holds",
            (unsigned long long)r->version);
}

/* Is ${r}, another one of our own version, as valid as ours? */
static bool
is_rival(struct node *n, struct span note, const struct roster *r, struct why *why)
{
    struct roster *before = NULL;
    struct span old;
    bool rival;

    if (r->version > 1 && n->conf.view.note != NULL &&
        n->conf.view.note(n->conf.view.cookie, r->version - 1, &old) == 0) {
        before = roster_new();
        if (roster_parse(old, before, why) != 0) {
            roster_free(before);
            return false;
        }
    }
    rival = before != NULL && roster_check(note, r, before, why) == 0;
    roster_free(before);
    return rival;
}

static void
adopt(struct node *n, struct link *l, struct span note, struct roster *r)
{
    struct action *a;
    struct buf normal;
    uint8_t *bytes;

    buf_init(&normal, LIMIT_ROSTER_BYTES);
    if (roster_normal(note, r, newest(n), &normal) != 0 || buf_failed(&normal)) {
        buf_release(&normal);
        roster_free(r);
        return;
    }
    bytes = action_memory(n, normal.n);
    memcpy(bytes, normal.p, normal.n);
    a = action_add(n, ACTION_ROSTER);
    a->bytes = span_of(bytes, normal.n);
    a->size = r->version;
    buf_release(&normal);
    action_event(n, EV_roster_adopted, "version=%llu peer=%s", (unsigned long long)r->version, l->peer);
    roster_free(n->next_roster);
    n->next_roster = r;
}

static void
take(struct node *n, struct link *l, struct span note, struct why *why)
{
    const struct roster *mine = newest(n);
    struct roster *r;

    if (l->roster_left == 0 || !l->roster_asked) {
        why_set(why, WHY_LIMIT, 0, 0, "roster", "a note that was not asked for");
        return;
    }
    l->roster_left--;
    /* The cheap question first: it costs a signature a steward, reading a roster hundreds. */
    if (roster_signatures(note, mine) < mine->threshold) {
        why_set(why, WHY_ROSTER_THRESHOLD, 0, 0, "note", "signed by too few stewards of version %llu",
                (unsigned long long)mine->version);
        return;
    }
    r = roster_new();
    if (roster_parse(note, r, why) != 0) {
        roster_free(r);
        return;
    }
    if (r->version == n->roster->version && memcmp(r->hash, n->roster->hash, HASH_BYTES) != 0) {
        if (is_rival(n, note, r, why))
            contested(n, l, r, why);
    } else if (r->version > mine->version && roster_check(note, r, mine, why) == 0) {
        if (roster_is_current(r, n->conf.name)) {
            adopt(n, l, note, r);
            return;
        }
        if (!n->roster_removed)
            action_event(n, EV_roster_removed, "version=%llu peer=%s", (unsigned long long)r->version,
                         l->peer);
        n->roster_removed = true;
    }
    roster_free(r);
}

void
adopt_roster(struct node *n, struct link *l, const Parallax__V1__Roster *r, struct why *why)
{
    if (r->note.len == 0)
        give(n, l, r->from);
    else
        take(n, l, span_of(r->note.data, r->note.len), why);
}
