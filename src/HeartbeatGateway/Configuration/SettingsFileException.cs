namespace HeartbeatGateway.Configuration;

/// <summary>A settings file cannot be used. The message continues a sentence that begins with the file's path.</summary>
internal sealed class SettingsFileException(string message, Exception? inner = null) : Exception(message, inner);
