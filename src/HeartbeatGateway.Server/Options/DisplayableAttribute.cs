namespace HeartbeatGateway.Server.Options;

/// <summary>The value of an option may be shown to operators. Without this mark only whether it is set is shown.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DisplayableAttribute : Attribute;
