#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not see. Window bits of 47 read the formats of gzip and zlib, -15 bare deflate. */
static inline int begin_inflating(z_stream *stream, int windowBits) { return inflateInit2(stream, windowBits); }

/* The same for deflateInit2, which writes the format of gzip with window bits of 31. */
static inline int begin_deflating(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
}
