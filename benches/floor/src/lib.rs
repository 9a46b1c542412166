//! The floor of every comparison: bare handlers with the same queries.
use std::net::TcpListener;
/// Where to serve.
#[derive(Debug)]
pub struct FloorSettings {
    /// URL.
    pub catalog_url: String,
    /// URL.
    pub inventory_url: String,
    /// Listener.
    pub listener: TcpListener,
    /// Workers.
    pub workers: usize,
    /// Readers.
    pub max_readers: u32,
}
/// Serves.
pub async fn serve(_settings: FloorSettings) -> std::io::Result<()> {
    Ok(())
}
