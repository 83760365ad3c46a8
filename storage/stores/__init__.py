"""The two places an archive may lie in, a folder or an S3 bucket, behind one interface (`storage.stores.store.Store`)."""
