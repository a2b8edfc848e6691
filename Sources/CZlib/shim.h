#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not see. Window bits of 47 read the formats of gzip and zlib, -15 bare deflate. */
static inline int begin_inflating(z_stream *stream, int windowBits) { return inflateInit2(stream, windowBits); }
