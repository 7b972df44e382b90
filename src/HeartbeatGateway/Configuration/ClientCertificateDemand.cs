namespace HeartbeatGateway.Configuration;

/// <summary>Whether clients bring certificates.</summary>
internal enum ClientCertificateDemand
{
    /// <summary>They are not asked for.</summary>
    None,

    /// <summary>They are asked for; who brings one must bring a good one.</summary>
    Optional,

    /// <summary>Nobody comes in without.</summary>
    Required,
}
