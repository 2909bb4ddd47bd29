#include "disk_bytes.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)16384)

struct disk_piece {
    struct disk_piece *next; /* in the list of spare ones */
    unsigned holders;
    uint8_t p[PIECE];
};

/* Kept from seed to seed: memory that comes and goes costs more than all else that a disk does. */
static struct disk_piece *spare;

static struct disk_piece *
piece_new(void)
{
    struct disk_piece *piece = spare;

    if (piece == NULL)
        piece = mem_new(sizeof(*piece));
    else
        spare = piece->next;
    piece->holders = 1;
    return piece;
}

static void
piece_drop(struct disk_piece *piece)
{
    if (--piece->holders > 0)
        return;
    piece->next = spare;
    spare = piece;
}

static size_t
pieces(size_t n)
{
    return (n + PIECE - 1) / PIECE;
}

/* Piece ${k}, to be changed: nobody else has it. */
static uint8_t *
own(struct disk_bytes *b, size_t k)
{
    struct disk_piece *shared = b->piece[k];

    if (shared->holders > 1) {
        b->piece[k] = piece_new();
        memcpy(b->piece[k]->p, shared->p, PIECE);
        piece_drop(shared);
    }
    return b->piece[k]->p;
}

static void
put(struct disk_bytes *b, const uint8_t *from, size_t n, size_t at)
{
    while (n > 0) {
        size_t begin = at % PIECE, part = n < PIECE - begin ? n : PIECE - begin;
        uint8_t *to = own(b, at / PIECE) + begin;
        if (from == NULL) {
            memset(to, 0, part);
        } else {
            memcpy(to, from, part);
            from += part;
        }
        at += part;
        n -= part;
    }
}

/* What is new holds anything. */
static void
resize(struct disk_bytes *b, size_t n)
{
    size_t had = pieces(b->n), need = pieces(n);

    if (need > b->room) {
        b->room = need * 2;
        b->piece = mem_resize(b->piece, b->room * sizeof(struct disk_piece *));
    }
    for (; had < need; had++)
        b->piece[had] = piece_new();
    for (; had > need; had--)
        piece_drop(b->piece[had - 1]);
    b->n = n;
}

void
disk_bytes_size(struct disk_bytes *b, size_t n)
{
    size_t had = b->n;

    resize(b, n);
    if (n > had)
        put(b, NULL, n - had, had);
}

void
disk_bytes_write(struct disk_bytes *b, const void *from, size_t n, size_t at)
{
    if (at > b->n)
        disk_bytes_size(b, at);
    if (at + n > b->n)
        resize(b, at + n);
    put(b, from, n, at);
}

size_t
disk_bytes_read(const struct disk_bytes *b, void *to, size_t n, size_t at)
{
    size_t got = at >= b->n ? 0 : b->n - at;

    got = got < n ? got : n;
    for (size_t done = 0; done < got;) {
        size_t begin = (at + done) % PIECE, part = got - done < PIECE - begin ? got - done : PIECE - begin;
        memcpy((uint8_t *)to + done, b->piece[(at + done) / PIECE]->p + begin, part);
        done += part;
    }
    return got;
}

void
disk_bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    disk_bytes_free(to);
    to->room = pieces(from->n);
    to->n = from->n;
    to->piece = mem_new(to->room * sizeof(struct disk_piece *));
    for (size_t k = 0; k < to->room; k++) {
        to->piece[k] = from->piece[k];
        to->piece[k]->holders++;
    }
}

void
disk_bytes_free(struct disk_bytes *b)
{
    for (size_t k = 0; k < pieces(b->n); k++)
        piece_drop(b->piece[k]);
    free(b->piece);
    memset(b, 0, sizeof(*b));
}
