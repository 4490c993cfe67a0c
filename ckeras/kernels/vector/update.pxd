"""One step of an optimizer over flat arrays of n elements, in one pass through memory.

Outputs may be the inputs of the same name: every element is read before it is written.
Scalars are rounded to the arrays' type before use, as in Keras. The learning rate and
the step's number are 0-d operands of a type given by a code in dim:
0 float32, 1 float64, 2 int32, 3 int64.
"""

from ckeras.kernels.types cimport real

# m' = m + (g - m)(1 - beta_1);  v' = v + (g² - v)(1 - beta_2);  u = max(v_hat, v')
# p' = p - m' · rate · √(1 - beta_2^t) / (1 - beta_1^t) / (√u + epsilon)
# buf: p, g, m, v, v_hat, rate, t, p', m', v', u. Without v_hat (NULL) u is v', and the
#      last operand is left out. t counts from 1.
# dim: n, code of rate, code of t. attr: beta_1, beta_2, epsilon.
cdef int adam(real** buf, const Py_ssize_t* dim, const double* attr,
              int n_threads) noexcept nogil

# p' = p - rate · g. buf: p, g, rate, p'. dim: n, code of rate.
cdef int sgd(real** buf, const Py_ssize_t* dim, const double* attr,
             int n_threads) noexcept nogil

# m' = momentum · m - rate · g;  p' = p + m', or with nesterov
# p' = p + momentum · m' - rate · g.
# buf: p, g, m, rate, p', m'. dim: n, code of rate, nesterov. attr: momentum.
cdef int momentum(real** buf, const Py_ssize_t* dim, const double* attr,
                  int n_threads) noexcept nogil

# v' = rho v + (1 - rho) g²;  a' = rho a + (1 - rho) g
# s = rate · g / √(v' - a'² + epsilon);  m' = momentum · m + s;  p' = p - m'
# buf: p, g, v, a, m, rate, p', v', a', m'. Without a (NULL) it is 0, without m (NULL)
#      m' is s; their outputs are then left out, and what follows moves up.
# dim: n, code of rate. attr: rho, epsilon, momentum.
cdef int rmsprop(real** buf, const Py_ssize_t* dim, const double* attr,
                 int n_threads) noexcept nogil
