// SPDX-License-Identifier: MIT
// Functions of the metrics called with what people have: the numbers are those of spans and views.
#include "natural_calls.hpp"

#include "catch.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::matrix_numbers;
using phiscope::test::natural_graph;
using phiscope::test::random_rows;
using phiscope::test::series_numbers;

namespace {

constexpr std::size_t natural_steps = 64;

std::vector<double> drawn_numbers(std::uint64_t seed, std::size_t rows, std::size_t units) {
  return random_rows(seed, rows, units).values;
}

template <class T>
std::vector<T> converted(const std::vector<double>& numbers) {
  std::vector<T> result;
  for (const double number : numbers) result.push_back(static_cast<T>(number));
  return result;
}

template <class T>
using ColumnMajorOf = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
template <class T>
using RowMajorOf = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

TEMPLATE_TEST_CASE("series of any kind give the numbers of spans", "[natural_calls]", float,
                   double) {
  using T = TestType;
  std::vector<T> x = converted<T>(drawn_numbers(1, 1, natural_steps));
  std::vector<T> y = converted<T>(drawn_numbers(2, 1, natural_steps));
  const auto expected = series_numbers(std::span<const T>(x), std::span<const T>(y));
  REQUIRE(expected.size() > 100);
  CHECK(series_numbers(x, y) == expected);
  CHECK(series_numbers(std::span(x), std::span<T, natural_steps>(y)) == expected);
  CHECK(series_numbers(std::span<const T>(x), y) == expected);
  std::array<T, natural_steps> array{};
  std::copy(y.begin(), y.end(), array.begin());
  CHECK(series_numbers(x, array) == expected);

  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  const Eigen::Map<const Vector> map_x(x.data(), natural_steps);
  const Vector vector_y = Eigen::Map<const Vector>(y.data(), natural_steps);
  CHECK(series_numbers(map_x, vector_y) == expected);
  ColumnMajorOf<T> columns(natural_steps, 2);
  columns << map_x, vector_y;
  CHECK(series_numbers(columns.col(0), columns.col(1)) == expected);
  const ColumnMajorOf<T> across = columns.transpose();  // a row's elements lie apart
  CHECK(series_numbers(across.row(0), across.row(1)) == expected);
  CHECK(series_numbers(map_x.array(), vector_y * T{1}) == expected);
}

TEMPLATE_TEST_CASE("matrices of any kind give the numbers of views", "[natural_calls]", float,
                   double) {
  using T = TestType;
  const std::vector<T> x = converted<T>(drawn_numbers(3, 8, 3));
  const std::vector<double> graph = natural_graph();
  const MatrixView<T> view(x, 8, 3);
  const auto expected = matrix_numbers(view, MatrixView<double>(graph, 8, 8));
  REQUIRE(expected.size() > 100);
  const RowMajorOf<T> rows = Eigen::Map<const RowMajorOf<T>>(x.data(), 8, 3);
  const RowMajorOf<double> graph_rows = Eigen::Map<const RowMajorOf<double>>(graph.data(), 8, 8);
  const ColumnMajorOf<T> columns = rows;
  const ColumnMajorOf<double> graph_columns = graph_rows;
  CHECK(matrix_numbers(rows, graph_rows) == expected);
  CHECK(matrix_numbers(columns, graph_columns) == expected);
  CHECK(matrix_numbers(columns, MatrixView<double>(graph, 8, 8)) == expected);
  CHECK(matrix_numbers(Eigen::Map<const RowMajorOf<T>>(x.data(), 8, 3), graph_rows.array()) ==
        expected);
  ColumnMajorOf<T> wide = ColumnMajorOf<T>::Constant(10, 5, T{7});
  wide.block(1, 2, 8, 3) = rows;
  CHECK(matrix_numbers(wide.block(1, 2, 8, 3), graph_columns * 1.0) == expected);
  RowMajorOf<T> wide_rows = wide;
  CHECK(matrix_numbers(wide_rows.block(1, 2, 8, 3), graph_rows.transpose()) == expected);
}

TEST_CASE("several recordings may be a vector of matrices", "[natural_calls]") {
  const std::vector<double> values = drawn_numbers(4, 80, 3);
  const MatrixView<double> first(std::span<const double>(values).first(90), 30, 3);
  const MatrixView<double> second(std::span<const double>(values).subspan(90), 50, 3);
  const std::vector<MatrixView<double>> views{first, second};
  const auto expected = phiscope::phiid(std::span<const MatrixView<double>>(views)).values;
  CHECK(phiscope::phiid(views).values == expected);
  const std::vector<Eigen::MatrixXd> matrices{
      Eigen::Map<const RowMajorOf<double>>(values.data(), 30, 3),
      Eigen::Map<const RowMajorOf<double>>(values.data() + 90, 50, 3)};
  CHECK(phiscope::phiid(matrices).values == expected);
  CHECK(phiscope::phiid(first).values != expected);
}

TEST_CASE("token ids may be a vector of any integers", "[natural_calls]") {
  const std::vector<int> tokens{9, 1, 2, 3, 1, 2, 3};
  CHECK(phiscope::loop_period(tokens, {.tail = 6, .max_period = 3}) == std::size_t{3});
  std::vector<std::int64_t> ids(tokens.begin(), tokens.end());
  CHECK(phiscope::loop_period(std::span(ids), {.tail = 6, .max_period = 3}) == std::size_t{3});
}

TEST_CASE("a value prints itself or its status", "[natural_calls]") {
  std::ostringstream out;
  out << Value(0.25) << ' ' << Value(Status::constant);
  CHECK(out.str() == "0.25 constant");
}
