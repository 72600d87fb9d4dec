// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/dirichlet_energy.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <vector>

using phiscope::GraphEnergy;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_labels;
using phiscope::test::random_rows;
using phiscope::test::Rows;

namespace {

/// A random symmetric matrix of zeros and ones, the diagonal too.
Rows<double> random_graph(std::uint64_t seed, std::size_t nodes) {
  const auto draws = random_labels(seed, nodes * nodes, 2);
  Rows<double> graph{std::vector<double>(nodes * nodes), nodes, nodes};
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      graph.values[i * nodes + j] = graph.values[j * nodes + i] =
          static_cast<double>(draws[i * nodes + j]);
    }
  }
  return graph;
}

Eigen::MatrixXd matrix(const Rows<double>& rows) {
  return Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(
      rows.values.data(), static_cast<Eigen::Index>(rows.rows),
      static_cast<Eigen::Index>(rows.units));
}

Eigen::MatrixXd laplacian(const Rows<double>& graph) {
  Eigen::MatrixXd a = matrix(graph);
  a.diagonal().setZero();
  return Eigen::MatrixXd(a.rowwise().sum().asDiagonal()) - a;
}

}  // namespace

TEST_CASE("the energy over within pairs is the mean squared distance", "[dirichlet_energy]") {
  const std::vector<float> values{0, 2, 7, 10};
  const MatrixView<float> rows(values, 4, 1);
  CHECK(phiscope::dirichlet_energy(rows, {.cross = {{0, 3}}, .within = {{0, 1}, {2, 3}}}) ==
        Value(6.5));
  CHECK(phiscope::dirichlet_energy(rows, {.cross = {{0, 3}}, .within = {}}) ==
        Value(Status::no_within_pairs));
}

TEST_CASE("the energy of a path of three nodes", "[dirichlet_energy]") {
  const std::vector<double> values{0, 3, 5};
  const std::vector<double> path{0, 1, 0, 1, 0, 1, 0, 1, 0};
  const GraphEnergy found =
      phiscope::graph_energy(MatrixView<double>(values, 3, 1), MatrixView<double>(path, 3, 3));
  CHECK(found.sum == Value(13.0));  // 9 + 4
  CHECK(found.per_edge == Value(6.5));
  CHECK(found.rayleigh.value() == Approx(13.0 / (38.0 / 3.0)).epsilon(1e-15));
}

TEST_CASE("the graph energy is tr(X^T L X), Rayleigh between 0 and L's largest eigenvalue",
          "[dirichlet_energy]") {
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(seed);
  const Rows<double> graph = random_graph(seed, 8);
  const Rows<double> x = random_rows(seed, 8, 5, 2.0, 1.0);
  const GraphEnergy found = phiscope::graph_energy(x.view(), graph.view());
  const Eigen::MatrixXd l = laplacian(graph);
  const double trace = (matrix(x).transpose() * l * matrix(x)).trace();
  CHECK(found.sum.value() == Approx(trace).epsilon(1e-12));
  CHECK(found.per_edge.value() == Approx(trace / (l.trace() / 2.0)).epsilon(1e-12));
  const Eigen::MatrixXd centred = matrix(x).rowwise() - matrix(x).colwise().mean();
  CHECK(found.rayleigh.value() == Approx(trace / centred.squaredNorm()).epsilon(1e-12));
  CHECK(found.rayleigh.value() >= 0.0);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(l);
  CHECK(found.rayleigh.value() <= eigen.eigenvalues().maxCoeff() * (1.0 + 1e-12));
}

TEST_CASE("graph energies without an edge or without variance", "[dirichlet_energy]") {
  const Rows<double> x = random_rows(0, 3, 2);
  const std::vector<double> none(9, 0.0);
  const GraphEnergy no_edges = phiscope::graph_energy(x.view(), MatrixView<double>(none, 3, 3));
  CHECK(no_edges.sum == Value(0.0));
  CHECK(no_edges.per_edge == Value(Status::no_edges));
  CHECK(no_edges.rayleigh == Value(0.0));
  const std::vector<double> all(9, 1.0);
  const std::vector<double> equal(6, 0.1);
  const GraphEnergy constant =
      phiscope::graph_energy(MatrixView<double>(equal, 3, 2), MatrixView<double>(all, 3, 3));
  CHECK(constant.sum == Value(0.0));
  CHECK(constant.per_edge == Value(0.0));
  CHECK(constant.rayleigh == Value(Status::constant));
}

TEST_CASE("a graph that is not one is refused", "[dirichlet_energy]") {
  const Rows<double> x = random_rows(0, 2, 2);
  const auto energy = [&](std::vector<double> a, std::size_t rows, std::size_t cols) {
    return phiscope::graph_energy(x.view(), MatrixView<double>(a, rows, cols));
  };
  CHECK_THROWS_WITH(energy({0, 1, 0, 0}, 2, 2), Contains("(0, 1)"));
  CHECK_THROWS_WITH(energy({0, -1, -1, 0}, 2, 2), Contains("weights >= 0"));
  CHECK_THROWS_WITH(energy({0, std::nan(""), std::nan(""), 0}, 2, 2), Contains("nan"));
  CHECK_THROWS_WITH(energy({0, 1}, 1, 2), Contains("1 x 2, expected 2 x 2"));
  CHECK_THROWS_AS(energy(std::vector<double>(9), 3, 3), std::invalid_argument);
}

TEST_CASE("the energy of a path of rows", "[dirichlet_energy]") {
  const std::vector<float> values{0, 3, 1, 1};
  const MatrixView<float> rows(values, 4, 1);
  CHECK(phiscope::consecutive_energy(rows) == Value(13.0));  // 9 + 4 + 0
  // variance: mean 1.25, squares 1.5625 + 3.0625 + 0.0625 + 0.0625 over 3
  CHECK(phiscope::normalized_consecutive_energy(rows).value() ==
        Approx(13.0 / (4.75 / 3.0)).epsilon(1e-15));
  const std::vector<float> one{1};
  CHECK(phiscope::consecutive_energy(MatrixView<float>(one, 1, 1)) == Value(Status::too_few_rows));
  const std::vector<float> equal{0.1F, 0.1F, 0.1F};
  CHECK(phiscope::normalized_consecutive_energy(MatrixView<float>(equal, 3, 1)) ==
        Value(Status::constant));
  const std::vector<float> nan{0.1F, std::nanf("")};
  CHECK(phiscope::normalized_consecutive_energy(MatrixView<float>(nan, 2, 1)) ==
        Value(Status::nonfinite));
}
