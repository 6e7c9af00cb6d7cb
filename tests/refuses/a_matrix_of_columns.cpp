// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A matrix of Eigen's that is stored by columns has no rows to look at.
// says: a_matrix<Eigen::Matrix<.*>::of_columns__is_not_rows__make_it_row_major_or_transpose_it

#include <graft/linalg/eigen.hpp>
#include <graft/linalg/product.hpp>

using namespace graft;

int main() {
    Eigen::MatrixXf by_columns = Eigen::MatrixXf::Ones(3, 2); // two vectors, each a column
    matrix<float>   cosines(2, 2);
#ifdef REFUSED
    multiply_abt(by_columns, by_columns, cosines.view());
#else
    multiply_abt(by_columns.transpose(), by_columns.transpose(), cosines.view());
#endif
}
