"""The two places an archive may lie in, a folder or an S3 bucket, behind one interface of six methods."""
