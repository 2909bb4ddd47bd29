/* Text of one byte a character, ISO-8859-1 or windows-1252, as UTF-8 for reading, and the way back to where it stood. */
#ifndef SYNTAX_XML_LATIN_H
#define SYNTAX_XML_LATIN_H

#include "base/buf.h"

/* Is ${encoding} ISO-8859-1 or windows-1252, by a name that XML documents use? */
bool xml_latin_is(struct span encoding);

/*
 * Append ${input}, declared as ${encoding} within its first line, as UTF-8 that declares itself so; the declaration keeps its length. Returns the
 * offset of a byte that the encoding leaves undefined or that is a control character (C1), or input.n when all is done.
 */
size_t xml_latin_put(struct span input, struct span encoding, struct buf *out);

/* Where bytes of the UTF-8 stood. Offsets have to be asked in their order. */
struct xml_latin_back {
    struct span text;
    size_t at;
    size_t added;
};

size_t xml_latin_offset(struct xml_latin_back *b, size_t offset);

#endif
