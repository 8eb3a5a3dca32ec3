"""The reconciler: watches the cluster and, for each Routemap that changed, writes what `routing` decides."""
