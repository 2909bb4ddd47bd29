/* The bytes of a simulated file, in pieces that images of it share until one of them changes. */
#ifndef SIMULATION_DISK_BYTES_H
#define SIMULATION_DISK_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct disk_piece;

struct disk_bytes {
    struct disk_piece **piece;
    size_t room; /* of ${piece} */
    size_t n;    /* bytes */
};

/* At most ${n} bytes from ${at}; how many there are. */
size_t disk_bytes_read(const struct disk_bytes *b, void *to, size_t n, size_t at);
/* What lies between the end and ${at} becomes zero. */
void disk_bytes_write(struct disk_bytes *b, const void *from, size_t n, size_t at);
void disk_bytes_size(struct disk_bytes *b, size_t n); /* what is new is zero */
void disk_bytes_copy(struct disk_bytes *to, const struct disk_bytes *from);
void disk_bytes_free(struct disk_bytes *b);

#endif
