//! DNS records, SPF evaluation and posture checks, free of I/O but for one file.
