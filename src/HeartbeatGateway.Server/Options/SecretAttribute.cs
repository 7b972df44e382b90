namespace HeartbeatGateway.Server.Options;

/// <summary>The value of an option is a secret or may contain one: no answer, log line or error shows it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
