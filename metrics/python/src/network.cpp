// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/depth_shape_test.hpp>
#include <phiscope/global_efficiency.hpp>
#include <phiscope/modularity.hpp>
#include <phiscope/quadratic_fit.hpp>

/// At what depth are heads, and what network do they form?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

void bind_depth(nb::module_& m) {
  Result<QuadraticFit>(m, "QuadraticFit")
      .field("status", &QuadraticFit::status)
      .field("centre", &QuadraticFit::centre)
      .field("constant", &QuadraticFit::constant)
      .field("slope", &QuadraticFit::slope)
      .field("curvature", &QuadraticFit::curvature)
      .field("explained", &QuadraticFit::explained)
      .method("at", &QuadraticFit::at, "x"_a, doc("QuadraticFit.at"));
  define(
      m, "quadratic_fit",
      [](const Array& x, const Array& y) {
        return quadratic_fit(Doubles(x, "x").span, Doubles(y, "y").span);
      },
      "x"_a, "y"_a);
  Result<DepthShape>(m, "DepthShape")
      .field("inverted_u", &DepthShape::inverted_u)
      .field("u", &DepthShape::u)
      .field("p_inverted_u", &DepthShape::p_inverted_u)
      .field("p_u", &DepthShape::p_u)
      .field("family_p_inverted_u", &DepthShape::family_p_inverted_u)
      .field("family_p_u", &DepthShape::family_p_u);
  Result<DepthShapeTest>(m, "DepthShapeTest")
      .field("numbers", &DepthShapeTest::numbers)
      .field("least_p", &DepthShapeTest::least_p);
  constexpr DepthShapeOptions defaults;
  define(
      m, "depth_shape_test",
      [](const nb::object& numbers, const Array& depth, std::size_t permutations,
         std::uint64_t seed) {
        const auto given = rows_of_values(numbers, "numbers");
        const Doubles places(depth, "depth");
        const nb::gil_scoped_release unlocked;
        return depth_shape_test(given, places.span, {.permutations = permutations, .seed = seed});
      },
      "numbers"_a, "depth"_a, nb::kw_only(), "permutations"_a = defaults.permutations,
      "seed"_a = defaults.seed);
}

void bind_graph(nb::module_& m) {
  define(
      m, "shortest_paths",
      [](const Array& lengths) {
        const DoubleRows graph(lengths, "lengths");
        std::vector<double> paths;
        {
          const nb::gil_scoped_release unlocked;
          paths = shortest_paths(graph.view);
        }
        return matrix(std::move(paths), graph.view.rows(), graph.view.rows());
      },
      "lengths"_a);
  define(
      m, "global_efficiency",
      [](const Array& weights) {
        const DoubleRows graph(weights, "weights");
        const nb::gil_scoped_release unlocked;
        return global_efficiency(graph.view);
      },
      "weights"_a);
  define(
      m, "modularity",
      [](const Array& weights, const Array& communities) {
        return modularity(DoubleRows(weights, "weights").view, sizes(communities, "communities"));
      },
      "weights"_a, "communities"_a);
  Result<Communities>(m, "Communities")
      .field("community", &Communities::community)
      .field("count", &Communities::count)
      .field("modularity", &Communities::modularity);
  define(
      m, "communities",
      [](const Array& weights) {
        const DoubleRows graph(weights, "weights");
        const nb::gil_scoped_release unlocked;
        return communities(graph.view);
      },
      "weights"_a);
}

}  // namespace

void bind_network(nb::module_& m) {
  bind_depth(m);
  bind_graph(m);
}

}  // namespace phiscope::python
