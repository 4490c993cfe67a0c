"""Pooling forwards and backwards, vectorized over channels.

Forwards each row of results is a task. Backwards windows may share pixels, so a task
is an image (a strip of its channels where there are few images), through which the
windows pass in order: every pixel adds up its gradient in the same order on any number
of threads.
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY, NAN
from libc.string cimport memset

from ckeras.kernels.matrix.gemm_tile cimport get, lanes, put, spread, vec
from ckeras.kernels.simd cimport le_d, le_f, select_d, select_f, vd, vf
from ckeras.kernels.types cimport OK, real
from ckeras.kernels.vmath cimport div, if_equal, larger

cdef enum:
    MAXIMUM
    MEAN
    PICK

cdef enum:
    GRAIN = 1 << 14     # elements below which a second thread does not pay
    FEW_IMAGES = 16     # fewer are divided into strips of channels
    STRIP = 16          # channels of a strip


cdef struct Pool:
    Py_ssize_t batch, channels
    Py_ssize_t depth, height, width
    Py_ssize_t out_d, out_h, out_w
    bint disjoint, covering
    const Py_ssize_t* d     # start, end, start, end, ...
    const Py_ssize_t* h
    const Py_ssize_t* w


cdef struct Window:
    Py_ssize_t d, d_end, h, h_end, w, w_end


cdef inline Pool read(const Py_ssize_t* dim) noexcept nogil:
    cdef Pool pool
    pool.batch, pool.channels = dim[0], dim[1]
    pool.depth, pool.height, pool.width = dim[2], dim[3], dim[4]
    pool.out_d, pool.out_h, pool.out_w = dim[5], dim[6], dim[7]
    pool.disjoint, pool.covering = dim[8], dim[9]
    pool.d = dim + 10
    pool.h = pool.d + 2 * pool.out_d
    pool.w = pool.h + 2 * pool.out_h
    return pool


cdef inline Window window_at(
    const Pool* pool, Py_ssize_t d, Py_ssize_t h, Py_ssize_t w
) noexcept nogil:
    cdef Window at
    at.d, at.d_end = pool.d[2 * d], pool.d[2 * d + 1]
    at.h, at.h_end = pool.h[2 * h], pool.h[2 * h + 1]
    at.w, at.w_end = pool.w[2 * w], pool.w[2 * w + 1]
    return at


cdef inline Py_ssize_t pixels_of(const Window* at) noexcept nogil:
    return (at.d_end - at.d) * (at.h_end - at.h) * (at.w_end - at.w)


cdef inline vec if_holds(vec held, vec new, vec then, vec other) noexcept nogil:
    """`then` where held >= new; NaN on either side is not."""
    if vec is vf:
        return select_f(le_f(new, held), then, other)
    else:
        return select_d(le_d(new, held), then, other)


# Some channels of one window. x, z and d_x are at these channels of the image's first
# pixel; `left` channels are left.

cdef inline void reduce_window(
    vec* y, const int kind, const real* x, const real* z, const Pool* pool,
    const Window* at, Py_ssize_t left
) noexcept nogil:
    cdef vec held, value, v
    cdef Py_ssize_t d, h, _w, pixel
    if kind == MAXIMUM:
        spread(&held, <real> -INFINITY)
    elif kind == MEAN:
        spread(&held, <real> 0)
    else:
        spread(&held, <real> NAN)
    spread(&value, <real> 0)
    for d in range(at.d, at.d_end):
        for h in range(at.h, at.h_end):
            pixel = ((d * pool.height + h) * pool.width + at.w) * pool.channels
            for _w in range(at.w, at.w_end):
                get(&v, x + pixel, left)
                if kind == MAXIMUM:
                    held = larger(held, v)
                elif kind == MEAN:
                    held = held + v
                else:
                    get(y, z + pixel, left)
                    value = if_holds(held, v, value, y[0])
                    held = if_holds(held, v, held, v)
                pixel += pool.channels
    if kind == MEAN:
        spread(&v, <real> pixels_of(at))
        held = div(held, v)
    y[0] = value if kind == PICK else held


cdef inline void choose(
    vec* place, const real* x, const Pool* pool, const Window* at, Py_ssize_t left
) noexcept nogil:
    """The number of the pixel that has the maximum, counted through the window."""
    cdef vec held, v, number, one
    cdef Py_ssize_t d, h, _w, pixel
    spread(&held, <real> NAN)
    spread(&number, <real> 0)
    spread(&one, <real> 1)
    spread(place, <real> 0)
    for d in range(at.d, at.d_end):
        for h in range(at.h, at.h_end):
            pixel = ((d * pool.height + h) * pool.width + at.w) * pool.channels
            for _w in range(at.w, at.w_end):
                get(&v, x + pixel, left)
                place[0] = if_holds(held, v, place[0], number)
                held = if_holds(held, v, held, v)
                number = number + one
                pixel += pool.channels


cdef inline void spread_gradient(
    vec* d_y, const int kind, const real* x, real* d_x, const Pool* pool,
    const Window* at, Py_ssize_t left
) noexcept nogil:
    """Adds the gradient of one result to the pixels of its window."""
    cdef vec place, share, v, number, one, zero
    cdef Py_ssize_t d, h, _w, pixel
    spread(&zero, <real> 0)
    spread(&one, <real> 1)
    number = place = share = zero
    if kind == MEAN:
        spread(&share, <real> pixels_of(at))
        share = div(d_y[0], share)
    else:
        choose(&place, x, pool, at, left)
    for d in range(at.d, at.d_end):
        for h in range(at.h, at.h_end):
            pixel = ((d * pool.height + h) * pool.width + at.w) * pool.channels
            for _w in range(at.w, at.w_end):
                if kind == MAXIMUM:
                    share = if_equal(place, number, d_y[0], zero)
                    number = number + one
                if pool.disjoint:
                    put(d_x + pixel, &share, left)
                else:
                    get(&v, d_x + pixel, left)
                    v = v + share
                    put(d_x + pixel, &v, left)
                pixel += pool.channels


# Forwards: one row of results after the other.

cdef inline void row_of(
    vec* tag, const int kind, const real* x, const real* z, real* y, const Pool* pool,
    Py_ssize_t row
) noexcept nogil:
    cdef Py_ssize_t channels = pool.channels
    cdef Py_ssize_t image = row // (pool.out_d * pool.out_h)
    cdef Py_ssize_t d = row // pool.out_h % pool.out_d
    cdef Py_ssize_t h = row % pool.out_h
    cdef Py_ssize_t source = image * pool.depth * pool.height * pool.width * channels
    cdef Py_ssize_t w, c
    cdef Window at
    cdef vec v
    y += row * pool.out_w * channels
    for w in range(pool.out_w):
        at = window_at(pool, d, h, w)
        c = 0
        while c < channels:
            reduce_window(&v, kind, x + source + c, z + source + c, pool, &at,
                          channels - c)
            put(y + w * channels + c, &v, channels - c)
            c += lanes(tag)


cdef inline void one_row(
    const int kind, const real* x, const real* z, real* y, const Pool* pool,
    Py_ssize_t row
) noexcept nogil:
    if real is float:
        row_of(<vf*> NULL, kind, x, z, y, pool, row)
    else:
        row_of(<vd*> NULL, kind, x, z, y, pool, row)


cdef inline int forward(
    const int kind, const real* x, const real* z, real* y, const Py_ssize_t* dim,
    int n_threads
) noexcept nogil:
    cdef Pool pool = read(dim)
    cdef Py_ssize_t rows = pool.batch * pool.out_d * pool.out_h, r
    if rows * pool.out_w * pool.channels < GRAIN:
        for r in range(rows):
            one_row(kind, x, z, y, &pool, r)
        return OK
    for r in prange(rows, schedule="static", num_threads=n_threads):
        one_row(kind, x, z, y, &pool, r)
    return OK


# Backwards: one image, or some of its channels, after the other.

cdef inline void clear(
    real* d_x, const Pool* pool, Py_ssize_t first, Py_ssize_t end, Py_ssize_t n
) noexcept nogil:
    """Zeros in n channels of the rows `first` to `end` - 1 of an image."""
    cdef Py_ssize_t p
    if n == pool.channels:
        n *= pool.width * (end - first)
        if n > 0:
            memset(d_x + first * pool.width * pool.channels, 0, n * sizeof(real))
        return
    for p in range(first * pool.width, end * pool.width):
        memset(d_x + p * pool.channels, 0, n * sizeof(real))


cdef inline void image_of(
    vec* tag, const int kind, const real* x, const real* d_y, real* d_x,
    const Pool* pool, Py_ssize_t n
) noexcept nogil:
    """n channels of one image. A row is cleared just before windows reach it, so that
    it is still in the cache when they do."""
    cdef Py_ssize_t d, h, w, c, reached, clean = 0
    cdef Window at
    cdef vec v
    for d in range(pool.out_d):
        for h in range(pool.out_h):
            reached = (pool.d[2 * d + 1] - 1) * pool.height + pool.h[2 * h + 1]
            if reached > clean:
                if not pool.covering:
                    clear(d_x, pool, clean, reached, n)
                clean = reached
            for w in range(pool.out_w):
                at = window_at(pool, d, h, w)
                c = 0
                while c < n:
                    get(&v, d_y + c, n - c)
                    spread_gradient(&v, kind, x + c, d_x + c, pool, &at, n - c)
                    c += lanes(tag)
                d_y += pool.channels
    clear(d_x, pool, clean, pool.depth * pool.height, n)


cdef inline void one_image(
    const int kind, const real* x, const real* d_y, real* d_x, const Pool* pool,
    Py_ssize_t task, Py_ssize_t strips, Py_ssize_t strip
) noexcept nogil:
    cdef Py_ssize_t first = task % strips * strip
    cdef Py_ssize_t n = pool.channels - first
    cdef Py_ssize_t pixels = pool.depth * pool.height * pool.width
    cdef Py_ssize_t source = task // strips * pixels * pool.channels + first
    pixels = pool.out_d * pool.out_h * pool.out_w
    d_y += task // strips * pixels * pool.channels + first
    if n > strip:
        n = strip
    if real is float:
        image_of(<vf*> NULL, kind, x + source, d_y, d_x + source, pool, n)
    else:
        image_of(<vd*> NULL, kind, x + source, d_y, d_x + source, pool, n)


cdef inline int backward(
    const int kind, const real* x, const real* d_y, real* d_x, const Py_ssize_t* dim,
    int n_threads
) noexcept nogil:
    cdef Pool pool = read(dim)
    cdef Py_ssize_t strip = STRIP if pool.batch < FEW_IMAGES else pool.channels
    cdef Py_ssize_t strips = (pool.channels + strip - 1) // strip if strip > 0 else 0
    cdef Py_ssize_t size = pool.depth * pool.height * pool.width * pool.channels, t
    if pool.batch * size < GRAIN:
        for t in range(pool.batch * strips):
            one_image(kind, x, d_y, d_x, &pool, t, strips, strip)
        return OK
    for t in prange(pool.batch * strips, schedule="static", num_threads=n_threads):
        one_image(kind, x, d_y, d_x, &pool, t, strips, strip)
    return OK


cdef int maximum(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil:
    return forward(MAXIMUM, buf[0], buf[0], buf[1], dim, n_threads)


cdef int maximum_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                          int n_threads) noexcept nogil:
    return backward(MAXIMUM, buf[0], buf[1], buf[2], dim, n_threads)


cdef int pick(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    return forward(PICK, buf[0], buf[1], buf[2], dim, n_threads)


cdef int mean(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil:
    return forward(MEAN, buf[0], buf[0], buf[1], dim, n_threads)


cdef int mean_gradient(real** buf, const Py_ssize_t* dim, const double* attr,
                       int n_threads) noexcept nogil:
    return backward(MEAN, buf[0], buf[0], buf[1], dim, n_threads)
