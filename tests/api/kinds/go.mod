// Whose CRDs the chart's optional objects are checked against. Nothing is built from these.
module teal.example/kinds

go 1.26

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
