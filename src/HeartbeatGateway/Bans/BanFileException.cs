namespace HeartbeatGateway.Bans;

/// <summary>The file of bans cannot be read or written. The message is a sentence that names the file, and the line where one is wrong.</summary>
internal sealed class BanFileException(string message, Exception? inner = null) : Exception(message, inner);
