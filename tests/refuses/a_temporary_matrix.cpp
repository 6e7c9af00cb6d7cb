// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A view borrows: a matrix of Eigen's that owns its memory needs a name, as does a vector.
// says: a_matrix<Eigen::Matrix<.*>::that_is_a_temporary__would_dangle__give_it_a_name
// says: a_vector<Eigen::Matrix<.*>::that_is_a_temporary__would_dangle__give_it_a_name

#include <graft/linalg/eigen.hpp>

using namespace graft;

using by_rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

int main() {
#ifdef REFUSED
    matrix_view<const float> rows   = by_rows(2, 3);
    vector_view              vector = Eigen::VectorXf(3);
#else
    by_rows                  mine(2, 3);
    matrix_view<const float> rows   = mine;
    vector_view              vector = mine.row(1);
#endif
    (void)rows, (void)vector;
}
