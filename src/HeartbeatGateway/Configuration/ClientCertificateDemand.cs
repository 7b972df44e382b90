namespace HeartbeatGateway.Configuration;

/// <summary>Whether clients present certificates.</summary>
internal enum ClientCertificateDemand
{
    /// <summary>The gateway requests no certificate.</summary>
    None,

    /// <summary>The gateway requests a certificate. A client may present none; a certificate that it presents must be valid.</summary>
    Optional,

    /// <summary>The gateway rejects a client without a valid certificate.</summary>
    Required,
}
