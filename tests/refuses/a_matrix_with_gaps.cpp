// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Some columns of a row-major matrix have gaps between their rows; whole rows have none.
// says: a_matrix<Eigen::Block<.*>::whose_rows_may_have_gaps__ask_rows_of_or_copy_it

#include <graft/linalg/eigen.hpp>

using namespace graft;

int main() {
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> vectors(4, 6);
#ifdef REFUSED
    matrix_view<const float> rows = vectors.leftCols(3);
#else
    matrix_view<const float> rows = vectors.topRows(3);
#endif
    (void)rows;
}
