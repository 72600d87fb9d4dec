// SPDX-License-Identifier: MIT
#include "results.hpp"

NB_MODULE(_metrics, m) {
  namespace python = phiscope::python;
  m.doc() = "The metrics of Phiscope: pure functions of arrays.";
  python::bind_value(m);
  python::bind_certainty(m);  // Estimate and PermutationP are parts of other results
  python::bind_chance(m);
  python::bind_structure(m);
  python::bind_influence(m);
  python::bind_phiid(m);
  python::bind_heads(m);
  python::bind_network(m);
  python::bind_variation(m);
  python::bind_clusters(m);
  python::bind_output(m);
  python::bind_answers(m);
}
