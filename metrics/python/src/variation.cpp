// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/collapse.hpp>
#include <phiscope/covariance_spectrum.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/effective_rank.hpp>
#include <phiscope/intrinsic_dimension.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/label_variance.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/participation_ratio.hpp>
#include <phiscope/strided_mean_pooling.hpp>
#include <phiscope/trace_covariance.hpp>

/// How much do samples vary, and along how many directions?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

Numbers square(const Eigen::MatrixXd& m) {
  const auto size = static_cast<std::size_t>(m.rows());  // symmetric, so the order does not matter
  return matrix({m.data(), m.data() + m.size()}, size, size);
}

void bind_spectrum(nb::module_& m) {
  define(
      m, "scatter_matrix",
      [](const Array& rows) {
        return square(with_rows(rows, "rows", [](auto r) { return scatter_matrix(r); }));
      },
      "rows"_a);
  define(
      m, "smaller_gram",
      [](const Array& rows) {
        return square(with_rows(rows, "rows", [](auto r) { return smaller_gram(r); }));
      },
      "rows"_a);
  define(
      m, "spectrum_shares",
      [](const Array& gram) {
        const DoubleRows g(gram, "gram");
        if (g.view.rows() != g.view.cols()) {
          throw std::invalid_argument("gram: " + std::to_string(g.view.rows()) + " x " +
                                      std::to_string(g.view.cols()) + ", expected a square");
        }
        Eigen::MatrixXd copy(g.view.rows(), g.view.cols());
        for (std::size_t i = 0; i < g.view.rows(); ++i) {
          for (std::size_t j = 0; j < g.view.cols(); ++j) {
            copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = g.view.row(i)[j];
          }
        }
        return numbers(spectrum_shares(copy));
      },
      "gram"_a);
  define(
      m, "participation_ratio",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return participation_ratio(r); });
      },
      "rows"_a);
  define(
      m, "effective_rank",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return effective_rank(r); });
      },
      "rows"_a);
}

void bind_spread(nb::module_& m) {
  define(
      m, "mean_row",
      [](const Array& rows) {
        return numbers(with_rows(rows, "rows", [](auto r) { return mean_row(r); }));
      },
      "rows"_a);
  define(
      m, "scatter",
      [](const Array& rows) { return with_rows(rows, "rows", [](auto r) { return scatter(r); }); },
      "rows"_a);
  define(
      m, "trace_covariance",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return trace_covariance(r); });
      },
      "rows"_a);
  define(
      m, "mean_cosine",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return mean_cosine(r); });
      },
      "rows"_a);
  define(
      m, "intrinsic_dimension",
      [](const Array& rows) {
        return with_rows(rows, "rows", [](auto r) { return intrinsic_dimension(r); });
      },
      "rows"_a);
  define(
      m, "collapse",
      [](const Array& rows) { return with_rows(rows, "rows", [](auto r) { return collapse(r); }); },
      "rows"_a);
}

void bind_labels(nb::module_& m) {
  define(
      m, "label_variance",
      [](const Array& rows, const Array& labels) {
        const Integers64 ids(labels, "labels");
        return with_rows(rows, "rows", [&](auto r) { return label_variance(r, ids.span); });
      },
      "rows"_a, "labels"_a);
  define(
      m, "label_means",
      [](const Array& rows, const Array& labels) {
        const Integers64 ids(labels, "labels");
        return with_rows(rows, "rows", [&](auto r) { return label_means(r, ids.span); });
      },
      "rows"_a, "labels"_a);
  define(
      m, "strided_mean_pooling",
      [](const Array& tokens, std::size_t stride, std::size_t window) {
        return with_rows(tokens, "tokens", [&](auto t) {
          return strided_mean_pooling(t, {.stride = stride, .window = window});
        });
      },
      "tokens"_a, nb::kw_only(), "stride"_a = PoolingOptions{}.stride,
      "window"_a = PoolingOptions{}.window);
}

void bind_distance(nb::module_& m) {
  define(
      m, "dot",
      [](const Array& a, const Array& b) {
        return with_two_series(a, "a", b, "b", [](auto x, auto y) { return dot(x, y); });
      },
      "a"_a, "b"_a);
  define(
      m, "squared_distance",
      [](const Array& a, const Array& b) {
        return with_two_series(a, "a", b, "b",
                               [](auto x, auto y) { return squared_distance(x, y); });
      },
      "a"_a, "b"_a);
  define(
      m, "distance",
      [](const Array& a, const Array& b) {
        return with_two_series(a, "a", b, "b", [](auto x, auto y) { return distance(x, y); });
      },
      "a"_a, "b"_a);
  define(
      m, "norm", [](const Array& a) { return with_series(a, "a", [](auto x) { return norm(x); }); },
      "a"_a);
}

}  // namespace

void bind_variation(nb::module_& m) {
  Result<Collapse>(m, "Collapse")
      .field("mean_cosine", &Collapse::mean_cosine)
      .field("mean_distance", &Collapse::mean_distance)
      .field("smallest_distance", &Collapse::smallest_distance)
      .field("largest_distance", &Collapse::largest_distance)
      .field("spread", &Collapse::spread)
      .field("centroid_norm", &Collapse::centroid_norm)
      .field("participation_ratio", &Collapse::participation_ratio);
  Result<LabelVariance>(m, "LabelVariance")
      .field("total", &LabelVariance::total)
      .field("within", &LabelVariance::within)
      .field("between", &LabelVariance::between)
      .field("share", &LabelVariance::share)
      .field("labels", &LabelVariance::labels);
  Result<LabelMeans>(m, "LabelMeans")
      .field("labels", &LabelMeans::labels)
      .property("rows",
                [](const LabelMeans& means) {
                  nb::list lists;
                  for (const auto& rows : means.rows) lists.append(integers(rows));
                  return lists;
                })
      .property("means", [](const LabelMeans& means) {
        return matrix(means.means, means.labels.size(), means.units);
      });
  Result<PooledLatent>(m, "PooledLatent")
      .field("mean", &PooledLatent::mean)
      .field("tokens", &PooledLatent::tokens)
      .field("status", &PooledLatent::status);
  bind_spectrum(m);
  bind_spread(m);
  bind_labels(m);
  bind_distance(m);
}

}  // namespace phiscope::python
